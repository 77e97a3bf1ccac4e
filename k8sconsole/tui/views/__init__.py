"""What the cluster pane can show, one at a time on a stack: a table of a kind, containers, contexts, a document, a log.

A view knows its place in the frame (``frame``), what its filter does, and one step back inside itself. It asks the pane for another view by message.
"""
