"""The database file: connections, encryption key, header, lock, deletion while open, and SQLite's errors translated.

Next door: ``objects``, ``history`` and ``metadata`` hold what is in it. The question that decides: is it true of any SQLite file?
"""
