"""The cache on disk: objects of every kind, their history, scan states, leases, tools and audit.

``port`` is the interface that callers use. Each engine has its own package, and no SQL leaves it. ``model`` defines the values,
``scanner`` fills the store, and ``cluster`` talks to API servers.
"""
