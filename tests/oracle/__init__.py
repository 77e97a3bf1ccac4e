"""Tables of the API server's own printers, as the truth for ours and for the demo's.

``client`` runs the Go program of ``tests/control_plane/oracle``, which is built with the control plane; the fixture ``printers_oracle``
is its path. ``samples`` and its neighbours generate odd objects from a seed; ``comparison`` compares a row of ours with the server's.
"""
