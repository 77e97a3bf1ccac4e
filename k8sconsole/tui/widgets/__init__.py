"""Widgets without any knowledge of Kubernetes: a virtual table, a scrolling text, rows of words, a prompt, a question, a form.

What a cell means is decided in ``visuals``; what a key does is decided in the panes.
"""
