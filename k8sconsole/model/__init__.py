"""What things are: frozen types and pure functions. No file, no socket, no clock is read here.

Next door: ``kit`` has never heard of Kubernetes; ``store`` remembers these types; ``cluster`` obtains them; the faces draw them.
"""
