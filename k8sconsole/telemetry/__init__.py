"""What the program reports of itself: its log and its metrics. Next door, ``config`` has the settings."""
