"""The embedded engine: one SQLite file, one writer thread, a few readers that never wait for it.

Here lives every SQL statement of the program. ``opening`` makes or checks the file, ``connections`` and ``encrypted`` are the ways into it,
``schema`` lays it out, ``writer`` and ``readers`` own the connections, and one module per subject holds its statements. What callers may
rely on stands next door, in ``store.port``.
"""
