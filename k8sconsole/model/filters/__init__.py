"""The typed filter: one grammar for the console's ``/``, for ``get --filter`` and for every tool, parsed once into a frozen tree.

This package has the grammar, the meaning of fields, and the matching of one subject. The store may narrow rows in SQL first, and must
agree with the matching here. docs/filters.md documents the syntax.
"""

from k8sconsole.model.filters.fields import starts_at_root
from k8sconsole.model.filters.keys import Evidence, KeyReport, check_keys, label_candidates, nearest_path
from k8sconsole.model.filters.matcher import (
    MEASURED,
    build_predicate,
    explain_unanswerable,
    list_fields,
    matches,
    needs_body,
    needs_relations,
    searchable_texts,
    uses_metrics,
)
from k8sconsole.model.filters.parser import parse_filter
from k8sconsole.model.filters.subjects import RowSubject, Subject
from k8sconsole.model.filters.tree import Filter, Text, quote

__all__ = [
    "MEASURED",
    "Evidence",
    "Filter",
    "KeyReport",
    "RowSubject",
    "Subject",
    "Text",
    "build_predicate",
    "check_keys",
    "explain_unanswerable",
    "label_candidates",
    "list_fields",
    "matches",
    "nearest_path",
    "needs_body",
    "needs_relations",
    "parse_filter",
    "quote",
    "searchable_texts",
    "starts_at_root",
    "uses_metrics",
]
