"""k8sconsole: a terminal operations console for Kubernetes with a cache and a history.

The package has layers. A layer may import the layers below it, never those above it or on the same line:

    cli                          the command names; each command is imported when it runs
    tui | mcp_server             the faces: they show results and collect answers; they make no decisions
    runtime                      builds the parts once, connects, supervises and closes them
    tools                        every action: one registry, one pipeline, one policy
    scanner                      reads clusters: list, then watch, then write to the store
    cluster                      a Kubernetes API server, real or simulated
    store                        the cache file: objects, history, statistics, audit
    config | telemetry           settings | the log and metrics
    model                        frozen types and pure functions
    errors | kit                 no imports from the package

This module imports nothing, so that importing it costs nothing.
"""

__version__ = "0.1.0"
