"""What the cluster pane can show, one at a time on a stack: a table of a kind, containers, contexts, a document, a log.

A view knows what the frame says of it, what its filter does, and one step back inside itself; for another view it asks the pane.
"""
