"""Everything except objects: scan states, leases, audit and metrics, the expiry of rows, and SQL queries of a person.

``objects`` and ``history`` store objects. A module belongs here if it is about the program's own work.
"""
