"""The typed filter: one grammar for the console's ``/``, for ``get --filter`` and for every tool, parsed once into a frozen tree.

Here live its grammar, what its fields mean, and the decision about one subject. Pushing a filter down into SQL is the store's, which must
agree with what is decided here; docs/filters.md tells people how to write one.
"""

from k8sconsole.model.filters.matching import build_predicate, explain_unanswerable, list_fields, matches, needs_body, searchable_texts
from k8sconsole.model.filters.parser import parse_filter
from k8sconsole.model.filters.subjects import RowSubject, Subject
from k8sconsole.model.filters.tree import Filter, Text

__all__ = [
    "Filter",
    "RowSubject",
    "Subject",
    "Text",
    "build_predicate",
    "explain_unanswerable",
    "list_fields",
    "matches",
    "needs_body",
    "parse_filter",
    "searchable_texts",
]
