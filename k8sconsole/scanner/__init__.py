"""The scanner: lists every kind of every cluster, then watches it, and writes what it reads to the store.

It runs as long as the console or ``k8sconsole scan`` runs. ``coordinator`` serves all clusters, ``cluster_scanner`` one cluster,
``reflector`` one kind. It reads through ``source`` only. Next door: ``cluster`` reaches the server, ``store`` holds the rows.
"""
