"""Whether the keys of a filter exist: a key that no row has is a slip, and an answer of no rows would hide it.

The columns of the kind and the general fields are known beforehand. Labels and fields of the objects are looked for in the rows, and only
for keys that are none of these.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import msgspec

from k8sconsole.errors import FilterError
from k8sconsole.kit.jsonpath import PathError, find_values
from k8sconsole.kit.text import find_nearest
from k8sconsole.model.filters.fields import (
    BODY_PATHS,
    COLUMN_ALIASES,
    FIELD_KINDS,
    GENERAL_FIELDS,
    IDENTITY_FIELDS,
    FieldSource,
    classify_field,
    starts_at_root,
    strip_key_prefix,
)
from k8sconsole.model.filters.matcher import searchable_texts, value_finder
from k8sconsole.model.filters.subjects import Subject
from k8sconsole.model.filters.tree import And, Compare, Filter, Labels, Node, Not, Operator, Or, Text, walk
from k8sconsole.model.filters.values import BadValue, check_value
from k8sconsole.model.tables.columns import CellKind, Column
from k8sconsole.model.tables.kind import KindTable

_PARTS = ("spec", "status", "metadata")
"""Where a field that is named without its path is looked for."""
_SAMPLE = 2_000
"""Rows that are read at most to find the value that was meant."""
_MOST_VALUES = 500
_USUAL = dict.fromkeys(("app", "component", "tier", "role"), ("app.kubernetes.io/name", "app.kubernetes.io/component", "k8s-app"))
"""Labels that people mean by a short key."""
_BY_WORD = ("unhealthy", "broken", "failing", "failed", "bad", "crashing", "error", "errors", "problem", "problems")


class Evidence(Protocol):
    """The rows that a filter was applied to."""

    def label_sets(self) -> Iterable[Mapping[str, str]]: ...

    def label_sets_of_kind(self) -> Iterable[Mapping[str, str]]:
        """As ``label_sets``, but of all rows of the kind, in any namespace."""
        ...

    def subjects(self, most: int | None = None) -> Iterable[Subject]:
        """The rows, with their objects."""
        ...


class KeyReport(NamedTuple):
    """filter: to be applied in place of the original, None where that one is right. warnings: why terms match nothing."""

    filter: Filter | None
    warnings: tuple[str, ...]


class _Keys(msgspec.Struct):
    """The keys of a filter that its tables do not have, in the order of the filter.

    bare: a label, else a field of the object named without its path. labels: certainly labels. paths: certainly in the object.
    """

    bare: list[str] = []
    labels: list[str] = []
    paths: list[str] = []


def label_candidates(filter: Filter, tables: Sequence[KindTable]) -> tuple[str, ...]:
    """The keys that are labels, or else fields of the objects that the rows do not have. Raises FilterError as ``check_keys`` does."""
    return tuple(_sort_keys(filter, tables).bare)


def check_keys(filter: Filter, tables: Sequence[KindTable], seen: set[str], matched: int, evidence: Evidence) -> KeyReport:
    """What is wrong with a filter that was applied to all rows. seen: the paths that had a value. matched: the number of matching rows.

    Raises FilterError for a key that is neither a field nor a label of any row, and for a value that its column cannot be compared with.
    """
    if not tables:
        return KeyReport(None, ())  # the kind was never read
    keys = _sort_keys(filter, tables)
    warnings: list[str] = []
    absent = [key for key in keys.bare if not _is_label(key, evidence.label_sets())]
    paths = {key: path for key in absent if (path := _find_path(key, evidence))}
    for key in absent:
        if key not in paths and not _is_label(key, evidence.label_sets_of_kind()):
            _refuse_key(filter, tables, key, evidence)
    for key in keys.labels:
        if not _is_label(key, evidence.label_sets()) and not _is_label(key, evidence.label_sets_of_kind()):
            warnings += _explain_label(filter, tables, key, evidence)
    for path in keys.paths:
        if path not in seen:
            warnings += _explain_path(filter, tables, path, evidence)
    if paths:
        return KeyReport(Filter(filter.text, _replace_fields(filter.root, paths)), tuple(warnings))
    return KeyReport(None, (*warnings, *(_explain_no_match(filter, tables, evidence) if not matched else ())))


def _sort_keys(filter: Filter, tables: Sequence[KindTable]) -> _Keys:
    keys = _Keys([], [], [])
    for node in walk(filter.root):
        if isinstance(node, Labels):
            keys.labels += [requirement.key for requirement in node.requirements if requirement.key not in keys.labels]
        elif isinstance(node, Compare):
            group = _group_of(filter, node, tables, keys)
            if group is not None and node.field not in group:
                group.append(node.field)
    return keys


def _group_of(filter: Filter, node: Compare, tables: Sequence[KindTable], keys: _Keys) -> list[str] | None:
    """Where the key of the comparison belongs; None if the tables have it. Raises FilterError for a value of another kind."""
    source, lowered = classify_field(node.field), node.field.lower()
    if source in (FieldSource.IDENTITY, FieldSource.USE):
        return None
    if source is FieldSource.LABEL:
        return keys.labels
    if source is FieldSource.ANNOTATION or (source is FieldSource.PATH and starts_at_root(node.field)):
        return keys.paths
    columns = [column for table in tables if (column := _column(table, node.field)) is not None]
    if columns:
        _check_value(filter, node, columns[0])
        return None
    return keys.paths if lowered in BODY_PATHS else keys.bare


def _column(table: KindTable, field: str) -> Column | None:
    places = (table.index(name) for name in (field, *COLUMN_ALIASES.get(field.lower(), ())))
    at = next((place for place in places if place is not None), None)
    return None if at is None else table.columns[at]


def _check_value(filter: Filter, node: Compare, column: Column) -> None:
    if node.operator is Operator.MATCHES or column.kind in _TEXT_KINDS or node.field.lower() in FIELD_KINDS:
        return
    try:
        check_value(column.kind, node.value)
    except BadValue as problem:
        title = f"{node.field}{node.operator}{node.value} cannot be compared"
        raise _error(filter, node.field, title, str(problem)) from problem


_TEXT_KINDS = frozenset({CellKind.NAME, CellKind.TEXT, CellKind.STATUS, CellKind.OWNER, CellKind.FLAG})


def _is_label(key: str, label_sets: Iterable[Mapping[str, str]]) -> bool:
    bare = strip_key_prefix(key)
    return any(bare in labels for labels in label_sets)


def _find_path(key: str, evidence: Evidence) -> str:
    """The path of a field that is named without it, such as ``spec.paused`` of ``paused``; empty if no object has such a field."""
    for subject in evidence.subjects():
        body = subject.body()
        for path in _paths_of(key, body):
            if any(not isinstance(value, dict) for value in _values_at(path, body)):
                return path
    return ""


def _paths_of(key: str, body: Mapping[str, Any]) -> Iterator[str]:
    head, *rest = key.split(".", 1)
    for part in _PARTS:
        fields = body.get(part)
        own = _same_key(head, fields) if isinstance(fields, dict) else ""
        if own:
            yield ".".join((part, own, *rest))
    own = _same_key(head, body)
    if own:
        yield ".".join((own, *rest))


def _same_key(key: str, fields: Mapping[str, Any]) -> str:
    """The key of the object that is spelt like this one, in any case."""
    return key if key in fields else next((field for field in fields if field.lower() == key.lower()), "")


def _values_at(path: str, body: Mapping[str, Any]) -> list[Any]:
    try:
        return [value for value in find_values(path, body) if value is not None]
    except PathError:
        return []


def _refuse_key(filter: Filter, tables: Sequence[KindTable], key: str, evidence: Evidence) -> None:
    """Raises FilterError with the right spelling. Without any row, only a key that is spelt like a field is refused."""
    columns = _column_names(tables)
    labels = list(dict.fromkeys(label for labels in evidence.label_sets() for label in labels))
    own = {field for subject in evidence.subjects(50) for part in _PARTS for field in _keys_of(subject.body().get(part))}
    general = [field for field in sorted(GENERAL_FIELDS) if field in IDENTITY_FIELDS or any(_column(table, field) for table in tables)]
    fields = [*columns, *general, *sorted(own)]
    close = [label for label in labels if label.rpartition("/")[2] == key] + [label for label in _USUAL.get(key, ()) if label in labels]
    close += [one for one in _similar(key, [*fields, *labels]) if one not in (key, *close)]
    if not close and not any(True for _ in evidence.subjects(1)):
        return
    some = ", ".join((*columns[:12], "…") if len(columns) > 12 else columns)
    known = close[0] if close else f"a column ({some}), a path, or a label" + (f" such as {', '.join(labels[:3])}" if labels else "")
    remedy = _with_key(filter, key, close[0]) if close else ""
    raise _error(filter, key, f"no field or label {key!r} in {_plural(tables)}", known, remedy, close)


def _explain_label(filter: Filter, tables: Sequence[KindTable], key: str, evidence: Evidence) -> list[str]:
    """A warning about a label that no row has. Raises FilterError if one is spelt like it."""
    bare = strip_key_prefix(key)
    close = _similar(bare, list(dict.fromkeys(label for labels in evidence.label_sets() for label in labels)))
    if close:
        title = f"no label {bare!r} in {_plural(tables)}"
        raise _error(filter, bare, title, f"a label such as {', '.join(close)}", _with_key(filter, key, close[0]), close)
    return [f"none of the {_plural(tables)} has a label {bare}"] if any(True for _ in evidence.subjects(1)) else []


def _explain_path(filter: Filter, tables: Sequence[KindTable], path: str, evidence: Evidence) -> list[str]:
    """A warning about a path where no object has a value. Raises FilterError if a field there is spelt like it."""
    objects = [subject.body() for subject in evidence.subjects(_SAMPLE)]
    if not objects:
        return []
    if classify_field(path) is FieldSource.PATH:
        nearest = nearest_path(path, objects)
        if nearest:
            title = f"no field {path!r} in {_plural(tables)}"
            raise _error(filter, path, title, f"a field such as {nearest}", _with_key(filter, path, nearest), [nearest])
    return [f"none of the {_plural(tables)} has a value for {path}"]


def nearest_path(path: str, objects: Sequence[Mapping[str, Any]]) -> str:
    """The path with its first unknown field respelt as a field that the objects have there; empty if none is spelt like it."""
    names = path.lstrip(".").split(".")
    for at, name in enumerate(names):
        parent, bare = ".".join(names[:at]), name.partition("[")[0]
        parents = [value for body in objects for value in (_values_at(parent, body) if parent else [body])]
        known = {key for value in parents for key in _keys_of(value)}
        if bare not in known:
            close = _similar(bare, sorted(known))
            return ".".join([*names[:at], close[0] + name[len(bare) :], *names[at + 1 :]]) if close else ""
    return ""


def _keys_of(value: Any) -> Iterable[str]:
    return value if isinstance(value, dict) else ()


def _similar(word: str, known: Sequence[str]) -> list[str]:
    """The known words that are spelt like this one."""
    by_case = {one.lower(): one for one in reversed(known)}
    return [by_case[one] for one in find_nearest(word.lower(), list(by_case), likeness=0.7)]


def _explain_no_match(filter: Filter, tables: Sequence[KindTable], evidence: Evidence) -> tuple[str, ...]:
    """Why no row matches: words that occur nowhere, and values that are spelt like an existing one."""
    if isinstance(filter.root, Text):
        return (_explain_word(filter.root.word),) if any(True for _ in evidence.subjects(1)) else ()
    warnings = []
    sample = list(evidence.subjects(_SAMPLE))
    for node in walk(filter.root):
        if isinstance(node, Text) and sample and not _occurs(node.word, sample):
            warnings.append(_explain_word(node.word))
        elif isinstance(node, Compare) and node.operator is Operator.EQUAL and not set(node.value) & set("*?"):
            warnings += _explain_value(node, sample)
    return tuple(warnings)


def _occurs(word: str, sample: Sequence[Subject]) -> bool:
    return any(word.casefold() in text.casefold() for subject in sample for text in searchable_texts(subject))


def _explain_word(word: str) -> str:
    searched = f"the word {word!r} is in no name, namespace, node or status"
    if word.lower() in _BY_WORD:
        return f"{searched}; for what is not healthy use status!=Running or ready<1"
    return f"{searched}; to compare a field use {word.lower()}=…" if word.lower() in GENERAL_FIELDS else searched


def _explain_value(node: Compare, sample: Sequence[Subject]) -> list[str]:
    find = value_finder(node.field, classify_field(node.field), set())
    known: dict[str, None] = {}
    for subject in sample:
        kind, values = find(subject)
        if kind not in (None, *_TEXT_KINDS):
            return []
        known.update((value, None) for value in values if isinstance(value, str))
        if len(known) > _MOST_VALUES:
            return []
    if any(value.casefold() == node.value.casefold() for value in known):
        return []
    close = find_nearest(node.value, list(known))
    return [f"{node.field}={node.value} matches nothing; there is {', '.join(f'{node.field}={value}' for value in close)}"] if close else []


def _replace_fields(node: Node, paths: Mapping[str, str]) -> Node:
    match node:
        case Compare(field):
            return msgspec.structs.replace(node, field=paths.get(field, field))
        case Not(term):
            return Not(_replace_fields(term, paths))
        case And(terms):
            return And(tuple(_replace_fields(term, paths) for term in terms))
        case Or(terms):
            return Or(tuple(_replace_fields(term, paths) for term in terms))
    return node


def _with_key(filter: Filter, key: str, right: str) -> str:
    """The filter as typed, with the key respelt."""
    at = filter.text.find(key)
    return f"{filter.text[:at]}{right}{filter.text[at + len(key) :]}".strip() if at >= 0 else right


def _error(filter: Filter, key: str, title: str, expected: str, remedy: str = "", nearest: Sequence[str] = ()) -> FilterError:
    column = max(0, filter.text.find(key)) + 1
    problem = FilterError(f"{title} at column {column}: expected {expected}", "", remedy, column=column)
    problem.details["nearest"] = list(nearest)
    return problem


def _column_names(tables: Sequence[KindTable]) -> list[str]:
    return list(dict.fromkeys(name.lower().replace(" ", "-") for table in tables for name in table.unique_names))


def _plural(tables: Sequence[KindTable]) -> str:
    return tables[0].resource.partition(".")[0] if tables else "rows"
