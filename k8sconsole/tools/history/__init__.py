"""What tools about the past share: queries as of a time, versions, differences, and whether an object ever existed.

Next door: ``reading`` is about the present. The question that decides: does it need the history of an object?
"""
