"""Deciding: a filter becomes one function of a subject, put together once and asked ten thousand times."""

from collections.abc import Callable, Mapping
from typing import Any

from k8sconsole.model.filters import regexes
from k8sconsole.model.filters.fields import (
    BODY_PATHS,
    COLUMN_ALIASES,
    USE_FIELDS,
    FieldSource,
    classify_field,
    starts_at_root,
    strip_key_prefix,
)
from k8sconsole.model.filters.subjects import Subject
from k8sconsole.model.filters.tree import And, Compare, Filter, Fuzzy, Labels, NamePattern, Node, Not, Or, Pattern, Text, walk
from k8sconsole.model.filters.values import ValueTest, build_comparison
from k8sconsole.model.objects import Cell
from k8sconsole.model.selectors import matches_labels
from k8sconsole.model.tables.columns import CellKind
from k8sconsole.model.tables.jsonpath import PathError, find_values

Predicate = Callable[[Subject], bool]
Found = tuple[CellKind | None, list[Cell]]
"""The values a field has, any of which suffices, and what they are: None for words that count letter by letter, as labels do."""


def matches(filter: Filter, subject: Subject, now: float) -> bool:
    """now in seconds since the epoch: ages are reckoned from it."""
    return build_predicate(filter, now)(subject)


def build_predicate(filter: Filter, now: float) -> Predicate:
    """The filter as a function; for many subjects, far faster than asking ``matches`` each time."""
    return _decide(filter.root, now, True)


def _decide(node: Node, now: float, wanted: bool) -> Predicate:
    """Whether the node's answer is ``wanted``. Negation is carried down to the terms, so that a term nobody can answer stays unanswered."""
    match node:
        case Not(term):
            return _decide(term, now, not wanted)
        case And(terms) | Or(terms):
            parts = [_decide(term, now, wanted) for term in terms]
            return _every(parts) if isinstance(node, And) is wanted else _any(parts)
        case Compare():
            return _compare(node, now, wanted)
    positive = _simple(node)
    return positive if wanted else lambda subject: not positive(subject)


def _every(parts: list[Predicate]) -> Predicate:
    return lambda subject: all(part(subject) for part in parts)


def _any(parts: list[Predicate]) -> Predicate:
    return lambda subject: any(part(subject) for part in parts)


def _simple(node: Node) -> Predicate:
    match node:
        case Text(word):
            sought = word.casefold()
            return lambda subject: any(sought in text.casefold() for text in searchable_texts(subject))
        case Pattern(regex):
            pattern = regexes.compile_pattern(regex)
            return lambda subject: any(regexes.search_in(pattern, text) for text in searchable_texts(subject))
        case NamePattern(regex):
            name_pattern = regexes.compile_pattern(regex)
            return lambda subject: regexes.search_in(name_pattern, subject.name)
        case Fuzzy(word):
            letters = word.casefold()
            return lambda subject: _in_order(letters, subject.name.casefold())
        case Labels(requirements):
            return lambda subject: matches_labels(requirements, subject.labels)
    return lambda subject: True


def searchable_texts(subject: Subject) -> list[str]:
    """What free text is looked for in: name, namespace, status, node."""
    found = [subject.name, subject.namespace]
    for column in ("STATUS", "NODE"):
        cell = subject.cell(column)
        if cell is not None and isinstance(cell[1], str):
            found.append(cell[1])
    return found


def _in_order(letters: str, name: str) -> bool:
    rest = iter(name)
    return all(letter in rest for letter in letters)


def _compare(node: Compare, now: float, wanted: bool) -> Predicate:
    source = classify_field(node.field)
    find = _finder(node.field, source)
    tests: dict[CellKind | None, ValueTest] = {}

    def decide(subject: Subject) -> bool:
        kind, values = find(subject)
        if source is FieldSource.USE and not values:
            return False
        check = tests.get(kind)
        if check is None:
            check = tests[kind] = build_comparison(kind or CellKind.TEXT, node.operator, node.value, now, exact=kind is None)
        return any(map(check, values)) is wanted

    return decide


def _finder(field: str, source: FieldSource) -> Callable[[Subject], Found]:
    match source:
        case FieldSource.IDENTITY:
            return _identity(field.lower())
        case FieldSource.USE:
            resource = USE_FIELDS[field.lower()]
            return lambda subject: _use(subject, resource)
        case FieldSource.LABEL:
            return lambda subject: _word(subject.labels.get(strip_key_prefix(field)))
        case FieldSource.ANNOTATION:
            return lambda subject: _word(_annotations(subject).get(strip_key_prefix(field)))
        case FieldSource.PATH:
            return lambda subject: _by_path(subject, field)
    return lambda subject: _cell(subject, field)


def _word(value: object) -> Found:
    return None, [] if value is None else [value]


def _identity(field: str) -> Callable[[Subject], Found]:
    match field:
        case "name":
            return lambda subject: (CellKind.TEXT, [subject.name])
        case "namespace" | "ns":
            return lambda subject: (CellKind.TEXT, [subject.namespace])
        case "cluster":
            return lambda subject: (CellKind.TEXT, [subject.cluster])
        case "age":
            return lambda subject: (CellKind.TIME, [subject.created_at] if subject.created_at else [])
    return lambda subject: (CellKind.TEXT, [part for owner in subject.owners() for part in (owner, owner.partition("/")[2])])


def _use(subject: Subject, resource: str) -> Found:
    used = subject.use(resource)
    return (CellKind.CPU if resource == "cpu" else CellKind.BYTES), [] if used is None else [used]


def _annotations(subject: Subject) -> Mapping[str, Any]:
    metadata = subject.body().get("metadata")
    found = metadata.get("annotations") if isinstance(metadata, dict) else None
    return found if isinstance(found, dict) else {}


def _by_path(subject: Subject, field: str) -> Found:
    """A path; a dotted name that is no path of this object may be a label."""
    if not starts_at_root(field) and field in subject.labels:
        return _word(subject.labels[field])
    try:
        return None, [value for value in find_values(field, subject.body()) if value is not None]
    except PathError:
        return None, []


def _cell(subject: Subject, field: str) -> Found:
    """A column by its name or one of its other names, else where such a field usually stands in an object, else a label."""
    lowered = field.lower()
    if lowered == "ready":
        return _ready(subject)
    for column in (field, *COLUMN_ALIASES.get(lowered, ())):
        cell = subject.cell(column)
        if cell is not None:
            return cell[0], _parts(lowered, cell[1])
    for path in BODY_PATHS.get(lowered, ()):
        found = find_values(path, subject.body())
        if found:
            return CellKind.TEXT, found
    return _word(subject.labels.get(field))


def _parts(field: str, cell: Cell) -> list[Cell]:
    """An image column holds several, any of which suffices."""
    if field == "image" and isinstance(cell, str):
        return cell.split(",")
    return [] if cell is None else [cell]


def _ready(subject: Subject) -> Found:
    """READY is a pair, or beside DESIRED it is the number that is ready."""
    cell, desired = subject.cell("READY"), subject.cell("DESIRED")
    if cell is None:
        return _word(subject.labels.get("ready"))
    if cell[0] is CellKind.NUMBER and desired is not None:
        return CellKind.READY, [[cell[1], desired[1]]]
    return cell[0], [] if cell[1] is None else [cell[1]]


def list_fields(filter: Filter) -> frozenset[str]:
    """The fields the filter compares, in lower case; free text counts as ``name namespace node status``."""
    found: set[str] = set()
    for node in walk(filter.root):
        match node:
            case Compare(field):
                found.add(field.lower())
            case Text() | Pattern():
                found |= {"name", "namespace", "node", "status"}
            case NamePattern() | Fuzzy():
                found.add("name")
            case Labels(requirements):
                found |= {f"label.{requirement.key}".lower() for requirement in requirements}
    return frozenset(found)


def needs_body(filter: Filter) -> bool:
    """Whether a row alone may not be enough. A table that has a column for ``phase``, ``reason``, ``node`` or ``image`` answers from it."""
    compared = [node.field for node in walk(filter.root) if isinstance(node, Compare)]
    return any(classify_field(field) in (FieldSource.PATH, FieldSource.ANNOTATION) or field.lower() in BODY_PATHS for field in compared)


def explain_unanswerable(filter: Filter, *, metrics: bool) -> tuple[str, ...]:
    """Sentences that say why terms of this filter match nothing here."""
    used = sorted({field for field in list_fields(filter) if field in USE_FIELDS})
    if metrics or not used:
        return ()
    return (f"{' and '.join(used)}: no metrics are known here, so nothing matches; {used[0]}.request compares what is requested",)
