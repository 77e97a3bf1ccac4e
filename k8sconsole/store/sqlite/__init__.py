"""The embedded engine: one SQLite file, one writer thread, and a few readers that never wait for it.

Every SQL statement of the program is in this package. ``open`` creates or checks the file, ``schema`` creates its tables, ``writer`` and
``readers`` own the connections, ``store`` composes the topics. ``store.port`` states what callers may rely on.
"""
