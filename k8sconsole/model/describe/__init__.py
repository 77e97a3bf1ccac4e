"""Describes one object at length: sections of labelled lines, as plain data that any face can lay out.

One module per family of kinds, and a general form for every other kind. ``list_related`` names the other objects that belong into a
description: a Service's endpoints, a workload's pods, a claim's users. ``tables`` has the short form, one row of cells. Objects come
masked from the cache; of a Secret only keys and sizes are shown.
"""

from k8sconsole.model.describe.dispatch import describe
from k8sconsole.model.describe.related import Related, RelatedQuery, list_related
from k8sconsole.model.describe.sections import Line, Section

__all__ = ["Line", "Related", "RelatedQuery", "Section", "describe", "list_related"]
