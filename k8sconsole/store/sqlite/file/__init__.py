"""The database file: connections, encryption, header, lock, deletion while in use, and translation of SQLite's errors.

``objects``, ``history`` and ``metadata`` contain the tables. A module belongs here if it is true of any SQLite file.
"""
