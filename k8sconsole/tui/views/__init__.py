"""What the cluster pane can show, one at a time on a stack: a table of a kind, containers, contexts, a document, a log.

A view describes its frame, applies its filter and goes one step back inside itself. It requests another view by a message to the pane.
"""
