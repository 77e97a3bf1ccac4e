"""Who fills the store: lists every kind of every cluster, then watches, for as long as the console or ``k8sconsole scan`` runs.

Here lives what is read when (``coordinator``, ``cluster_scanner``, ``kind_keeper``), how an object becomes a row (``parser``), and who of
several processes does it (``lease``). It reads through ``source`` only: how a cluster is reached is next door in ``cluster``, what is
kept in ``store``.
"""
