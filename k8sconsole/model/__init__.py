"""Frozen types and pure functions of Kubernetes objects, filters, tables and history. Nothing here reads a file, a socket or a clock.

Next door: ``kit`` knows nothing of Kubernetes; ``store`` stores these types; ``cluster`` reads them from a server; the faces show them.
"""
