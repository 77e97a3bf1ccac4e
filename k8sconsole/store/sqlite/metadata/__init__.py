"""What the cache stores beside objects: scan states, leases, audit and metrics, and the expiry of rows; and SQL queries of a person.

``objects`` and ``history`` store objects. A module belongs here if it is about the program's own work.
"""
