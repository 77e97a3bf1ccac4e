"""Whole screens: the frame around the panes, and what covers it for a moment (help, messages)."""
