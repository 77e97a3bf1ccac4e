"""What reading tools share: rows, list replies, field paths, schemas, usage, and Helm releases.

Next door: ``history`` is about the past, ``changes`` about changing. The question that decides: is it about what a reading tool returns?
"""
