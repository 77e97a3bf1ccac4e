"""What the program is told: one tree of settings, where each value came from, and where things lie on disk.

Here: reading settings (flags, environment, .env, file, defaults), paths, watching files. Next door: ``telemetry`` tells, this room is told.
"""
