"""The typed filter: one grammar for the console's ``/``, for ``get --filter`` and for every tool, parsed once into a frozen tree.

This package has the grammar, the meaning of fields, and the matching of one subject. The store may narrow rows in SQL first, and must
agree with the matching here. docs/filters.md documents the syntax.
"""

from k8sconsole.model.filters.matcher import build_predicate, explain_unanswerable, list_fields, matches, needs_body, searchable_texts
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
