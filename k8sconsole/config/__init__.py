"""Configuration: one tree of settings, the origin of each value, the paths on disk, and watching a file for changes.

Settings come from flags, environment, .env, a file and defaults. Next door: ``telemetry`` has the log and the metrics.
"""
