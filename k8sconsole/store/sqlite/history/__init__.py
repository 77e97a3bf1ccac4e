"""Earlier versions of objects: recording them, reading them as of a time, gaps in the record, and retention.

Next door: ``objects`` holds the present. The question that decides: is it about a time before now?
"""
