"""The settings, and who wins."""
