"""Describes one object at length: sections of labelled lines, as plain data that any face can lay out.

One module per family of kinds, and a general form for every other kind. ``tables`` has the short form, one row of cells. Objects come
masked from the cache; of a Secret only keys and sizes are shown.
"""

from k8sconsole.model.describe.dispatch import describe
from k8sconsole.model.describe.sections import Line, Section

__all__ = ["Line", "Section", "describe"]
