"""What the console remembers on disk: objects of every kind, the state of scans, tools and their use, audit, leases.

Here live the port (``port``), which the rooms above speak to, and the engines behind it, each in its own folder: SQL never leaves an
engine's folder. What things are is next door in ``model``; who fills the store is ``scanner``; who asks a cluster is ``cluster``.
"""
