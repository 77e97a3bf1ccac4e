"""A real Kubernetes for tests and benchmarks: how it is built, started, reached, broken and swept away.

Here: the Go module that pins the programs (``go.mod``, ``tools.go``), where they are kept (``binaries``), how they are
compiled (``build``), the certificates and kubeconfigs, each program's flags (``components``), and ``ControlPlane`` in
``plane``, which starts them together. kwok plays the kubelets: pods run as objects, never as processes.
``fixtures`` offers all of it to pytest. ``docs/control-plane.md`` is the manual.

Next door: ``k8sconsole.demo`` simulates an API server in-process; what the two disagree about is the demo's bug.
Whether something belongs here: would it still be needed if the console did not exist?
"""
