"""Browsing rows: which place is shown, in what order, through which filter, what has just changed. No widget here; ``views`` draw it."""
