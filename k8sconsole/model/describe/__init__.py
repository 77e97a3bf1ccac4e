"""One object told at length: sections of labelled lines, as plain data that any face can lay out.

Here live the long forms, one module a family, and a general one for every other kind. One line of cells is next door in ``tables``. Objects
come masked from the cache; nothing here unmasks, and of a secret only keys and sizes are told.
"""

from k8sconsole.model.describe.dispatch import describe
from k8sconsole.model.describe.sections import Line, Section

__all__ = ["Line", "Section", "describe"]
