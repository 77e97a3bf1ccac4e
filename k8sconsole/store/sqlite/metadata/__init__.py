"""What the cache knows besides objects: scan state, leases, audit and metrics, expiry, and SQL queries by hand.

Next door: ``objects`` and ``history``. The question that decides: is it about the program's own work?
"""
