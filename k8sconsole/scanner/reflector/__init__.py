"""Reading one kind: list, then watch, then write, as client-go's reflector does.

Next door: ``connectivity`` judges the server, ``sharing`` divides the work between processes. The question that decides: is it about the
rows of one kind?
"""
