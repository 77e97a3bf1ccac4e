"""The present objects: writing batches, reading rows and bodies, filtering.

Next door: ``history`` holds the past. The question that decides: is it about the newest version of an object?
"""
