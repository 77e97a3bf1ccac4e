"""A real Kubernetes control plane for tests and benchmarks.

The Go module (``go.mod``, ``tools.go``) pins the versions of the programs. ``binaries`` locates them, ``build`` compiles them,
``components`` has their flags, and ``ControlPlane`` in ``plane`` starts them together. kwok simulates the kubelets: pods run as objects,
never as processes. ``fixtures`` has the pytest fixtures. ``docs/control-plane.md`` is the manual.

``k8sconsole.demo`` simulates an API server in-process. Where the two differ, the demo has a bug.
"""
