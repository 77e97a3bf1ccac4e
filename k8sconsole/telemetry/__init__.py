"""The program tells: its log, and the figures it measures of itself. Next door, ``config`` is told."""
