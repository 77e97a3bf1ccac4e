"""What a filter lets SQL do: a condition that every matching row satisfies, so that only rows that may match are read and decided upon.

The condition is necessary, never sufficient: the decision stays with ``model.filters``, and a term that SQL cannot judge narrows nothing.
SQLite lowers ASCII letters only, while the filter folds all of Unicode; so a value is judged here when it is plain ASCII, and a row that
holds anything else is always let through.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

from k8sconsole.model.filters.fields import BODY_PATHS, COLUMN_ALIASES, Source, bare_key, source_of
from k8sconsole.model.filters.tree import And, Compare, Filter, LabelOperator, Labels, Node, Not, Operator, Or, Requirement, Text
from k8sconsole.model.tables import CellKind, KindTable

Condition = tuple[str, list[Any]]
"""SQL over the row ``o``, and the values of its marks."""

_PLAIN = re.compile(r"[A-Za-z0-9._:@%/-]+")
_LABEL_KEY = re.compile(r"[A-Za-z0-9._/-]+")
_WORDS = frozenset({CellKind.NAME, CellKind.TEXT, CellKind.STATUS, CellKind.OWNER})
_IDENTITIES = {"name": "o.name", "namespace": "o.namespace", "ns": "o.namespace"}


def narrowing(wanted: Filter, tables: Sequence[KindTable]) -> Condition | None:
    """The condition for rows laid out under any of these tables; None where SQL can judge nothing of the filter."""
    return _implied(wanted.root, tables, True)


def _implied(node: Node, tables: Sequence[KindTable], wanted: bool) -> Condition | None:
    match node:
        case Not(term):
            return _implied(term, tables, not wanted)
        case And(terms) | Or(terms):
            parts = [_implied(term, tables, wanted) for term in terms]
            return _all(parts) if isinstance(node, And) is wanted else _any(parts)
        case Text(word) if wanted and _PLAIN.fullmatch(word):
            return _anywhere(word, "o.name", "o.namespace", "o.cells")
        case Labels(requirements):
            parts = [_label(one, wanted) for one in requirements]
            return _all(parts) if wanted else _any(parts)
        case Compare(field, Operator.EQUAL, value) if _PLAIN.fullmatch(value):
            return _equal(field, value, tables, wanted)
    return None


def _all(parts: Sequence[Condition | None]) -> Condition | None:
    known = [part for part in parts if part is not None]
    return _joined(" AND ", known) if known else None


def _any(parts: Sequence[Condition | None]) -> Condition | None:
    """A choice of which one part is unknown may hold for any row."""
    known = [part for part in parts if part is not None]
    return _joined(" OR ", known) if len(known) == len(parts) else None


def _joined(word: str, parts: Sequence[Condition]) -> Condition:
    return f"({word.join(sql for sql, _ in parts)})", [value for _, values in parts for value in values]


def _anywhere(word: str, *columns: str) -> Condition:
    lowered = word.lower()
    parts = [(f"instr(lower({column}), ?) > 0 OR {_strange(column)}", [lowered]) for column in columns]
    return _joined(" OR ", parts)


def _strange(column: str) -> str:
    """Whether there is anything beyond printable ASCII in it, which case folding might turn into a letter."""
    return f"{column} GLOB '*[^ -~]*'"


def _equal(field: str, value: str, tables: Sequence[KindTable], wanted: bool) -> Condition | None:
    place = _IDENTITIES.get(field.lower())
    if place is not None:
        return _identity(place, value, wanted)
    if source_of(field) is Source.LABEL or _is_label(field, tables):
        return _label(Requirement(bare_key(field), LabelOperator.IN, (value,)), wanted)
    if wanted and all(_text_column(field, table) for table in tables):
        return _anywhere(value, "o.cells")
    return None


def _identity(column: str, value: str, wanted: bool) -> Condition:
    if wanted:
        return f"(lower({column}) = ? OR {_strange(column)})", [value.lower()]
    return f"lower({column}) <> ?", [value.lower()]


def _is_label(field: str, tables: Sequence[KindTable]) -> bool:
    """A word that is no column of any table, nor found elsewhere in an object."""
    lowered = field.lower()
    if source_of(field) is not Source.CELL or lowered in BODY_PATHS or lowered == "ready":
        return False
    return not any(_column(field, table) for table in tables)


def _text_column(field: str, table: KindTable) -> bool:
    """Whether the field is a column of words: then its value stands in the row's cells as it is."""
    return source_of(field) is Source.CELL and field.lower() != "ready" and _column(field, table) in _WORDS


def _column(field: str, table: KindTable) -> CellKind | None:
    places = (table.index(name) for name in (field, *COLUMN_ALIASES.get(field.lower(), ())))
    return next((table.columns[place].kind for place in places if place is not None), None)


def _label(requirement: Requirement, wanted: bool) -> Condition | None:
    judged = _JUDGED.get(requirement.operator)
    if judged is None or not _LABEL_KEY.fullmatch(requirement.key):
        return None
    found = f"""json_extract(o.labels, '$."{requirement.key}"')"""
    sql, values = judged(found, requirement.values)
    return (sql, values) if wanted else (f"NOT ({sql})", values)


def _one_of(found: str, values: Sequence[str]) -> Condition:
    marks = ",".join("?" for _ in values)
    return f"({found} IS NOT NULL AND {found} IN ({marks}))", list(values)


def _none_of(found: str, values: Sequence[str]) -> Condition:
    sql, marks = _one_of(found, values)
    return f"NOT {sql}", marks


_JUDGED: dict[LabelOperator, Callable[[str, Sequence[str]], Condition]] = {
    LabelOperator.IN: _one_of,
    LabelOperator.NOT_IN: _none_of,
    LabelOperator.PRESENT: lambda found, _: (f"{found} IS NOT NULL", []),
    LabelOperator.ABSENT: lambda found, _: (f"{found} IS NULL", []),
}
