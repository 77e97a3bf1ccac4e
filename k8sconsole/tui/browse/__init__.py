"""Browsing rows: which place is shown, in what order, through which filter, and what has just changed. No widget here; ``panes`` draws it."""
