"""Whether a cluster answers: health, back-off, what to do while it is unreachable, and whether it is still the same cluster.

Next door: ``reflector`` reads one kind. The question that decides: is it about the server as a whole?
"""
