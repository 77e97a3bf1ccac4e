"""k8sconsole: a terminal operations console for Kubernetes that remembers.

The package is a house with floors; a floor may use what lies below it, never what lies above or beside it:

    cli                          the command names; each command is imported when it runs
    tui | mcp_server             the faces: they present and ask, they decide nothing
    runtime                      builds the parts once, wires, supervises and closes them
    tools                        every action: one registry, one pipeline, one policy
    scanner                      observes: list, then watch, then write
    cluster                      reaches a Kubernetes API server, real or simulated
    store                        remembers: cache, statistics, audit
    config | telemetry           is told; tells
    model                        what things are: frozen types and pure functions
    errors | kit                 the ground

Importing this module costs nothing: it imports nothing.
"""

__version__ = "0.1.0"
