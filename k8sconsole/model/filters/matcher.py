"""Matches subjects against a filter. The filter is compiled once into a function, which is then called for every row."""

from collections.abc import Callable, Mapping
from typing import Any

from k8sconsole.kit.jsonpath import PathError, find_values
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
from k8sconsole.model.refs import ResourceName
from k8sconsole.model.selectors import matches_labels
from k8sconsole.model.tables.columns import CellKind

Predicate = Callable[[Subject], bool]
_SEARCHED_COLUMNS = ("STATUS", "NODE", "REASON", "OBJECT", "MESSAGE")
MEASURED = (ResourceName("pods"), ResourceName("nodes"))
"""The kinds whose usage the Metrics API has."""
Found = tuple[CellKind | None, list[Cell]]
"""The kind and the values of a field; one matching value suffices. Kind None: text that is compared exactly, as labels are."""


def matches(filter: Filter, subject: Subject, now: float) -> bool:
    """Whether the subject matches. now: seconds since the epoch, for ages."""
    return build_predicate(filter, now)(subject)


def build_predicate(filter: Filter, now: float, seen: set[str] | None = None) -> Predicate:
    """The filter as a function; for many subjects far faster than calling ``matches`` for each.

    seen: the function adds the paths and annotations for which it found a value.
    """
    return _compile(filter.root, now, True, set() if seen is None else seen)


def _compile(node: Node, now: float, wanted: bool, seen: set[str]) -> Predicate:
    """A function: whether the node's result is ``wanted``.

    Negation is pushed down to the terms: a comparison of usage without metrics must be false, negated or not.
    """
    match node:
        case Not(term):
            return _compile(term, now, not wanted, seen)
        case And(terms) | Or(terms):
            parts = [_compile(term, now, wanted, seen) for term in terms]
            return _all_of(parts) if isinstance(node, And) is wanted else _any_of(parts)
        case Compare():
            return _compile_comparison(node, now, wanted, seen)
    positive = _compile_term(node)
    return positive if wanted else lambda subject: not positive(subject)


def _all_of(parts: list[Predicate]) -> Predicate:
    return lambda subject: all(part(subject) for part in parts)


def _any_of(parts: list[Predicate]) -> Predicate:
    return lambda subject: any(part(subject) for part in parts)


def _compile_term(node: Node) -> Predicate:
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
            return lambda subject: _has_letters_in_order(letters, subject.name.casefold())
        case Labels(requirements):
            return lambda subject: matches_labels(requirements, subject.labels)
    return lambda subject: True


def searchable_texts(subject: Subject) -> list[str]:
    """The texts that free text is searched in: name, namespace, status, node; of an event also its reason, object and message."""
    found = [subject.name, subject.namespace]
    for column in _SEARCHED_COLUMNS:
        cell = subject.cell(column)
        if cell is not None and isinstance(cell[1], str):
            found.append(cell[1])
    return found


def _has_letters_in_order(letters: str, name: str) -> bool:
    rest = iter(name)
    return all(letter in rest for letter in letters)


def _compile_comparison(node: Compare, now: float, wanted: bool, seen: set[str]) -> Predicate:
    source = classify_field(node.field)
    find = value_finder(node.field, source, seen)
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


def value_finder(field: str, source: FieldSource, seen: set[str]) -> Callable[[Subject], Found]:
    """A function: the values of a field. It adds the field to ``seen`` where it finds a value in an object."""
    match source:
        case FieldSource.IDENTITY:
            return _identity_finder(field.lower())
        case FieldSource.USE:
            resource = USE_FIELDS[field.lower()]
            return lambda subject: _usage_values(subject, resource)
        case FieldSource.LABEL:
            return lambda subject: _text_values(subject.labels.get(strip_key_prefix(field)))
        case FieldSource.ANNOTATION:
            return _recording(field, lambda subject: _text_values(_read_annotations(subject).get(strip_key_prefix(field))), seen)
        case FieldSource.PATH:
            return _recording(field, lambda subject: _path_values(subject, field), seen)
    if field.lower() in BODY_PATHS:
        return _recording(field, lambda subject: _cell_values(subject, field), seen)
    return lambda subject: _cell_values(subject, field)


def _recording(field: str, find: Callable[[Subject], Found], seen: set[str]) -> Callable[[Subject], Found]:
    def finder(subject: Subject) -> Found:
        found = find(subject)
        if found[1]:
            seen.add(field)
        return found

    return finder


def _text_values(value: object) -> Found:
    return None, [] if value is None else [value]


def _identity_finder(field: str) -> Callable[[Subject], Found]:
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


def _usage_values(subject: Subject, resource: str) -> Found:
    used = subject.use(resource)
    return (CellKind.CPU if resource == "cpu" else CellKind.BYTES), [] if used is None else [used]


def _read_annotations(subject: Subject) -> Mapping[str, Any]:
    metadata = subject.body().get("metadata")
    found = metadata.get("annotations") if isinstance(metadata, dict) else None
    return found if isinstance(found, dict) else {}


def _path_values(subject: Subject, field: str) -> Found:
    """The values at a path. A dotted name that does not begin with a top-level field may be a label."""
    if not starts_at_root(field) and field in subject.labels:
        return _text_values(subject.labels[field])
    try:
        return None, [value for value in find_values(field, subject.body()) if value is not None]
    except PathError:
        return None, []


def _cell_values(subject: Subject, field: str) -> Found:
    """The values of a column, by its name or an alias; else those at the field's usual paths; else those of a label."""
    lowered = field.lower()
    if lowered == "ready":
        return _ready_values(subject)
    for column in (field, *COLUMN_ALIASES.get(lowered, ())):
        cell = subject.cell(column)
        if cell is not None:
            return cell[0], _split_cell(lowered, cell[1])
    for path in BODY_PATHS.get(lowered, ()):
        found = find_values(path, subject.body())
        if found:
            return CellKind.TEXT, found
    return _text_values(subject.labels.get(field))


def _split_cell(field: str, cell: Cell) -> list[Cell]:
    """The values in one cell: an image column holds several, separated by commas."""
    if field == "image" and isinstance(cell, str):
        return cell.split(",")
    return [] if cell is None else [cell]


def _ready_values(subject: Subject) -> Found:
    """READY is a pair; in a table with DESIRED it is the number of ready replicas."""
    cell, desired = subject.cell("READY"), subject.cell("DESIRED")
    if cell is None:
        return _text_values(subject.labels.get("ready"))
    if cell[0] is CellKind.NUMBER and desired is not None:
        return CellKind.READY, [[cell[1], desired[1]]]
    return cell[0], [] if cell[1] is None else [cell[1]]


def list_fields(filter: Filter) -> frozenset[str]:
    """The fields that the filter uses, in lower case. Free text uses ``name namespace node status``."""
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
    """Whether matching may need the object as well as the row.

    A table with a column for ``phase``, ``reason``, ``node`` or ``image`` does not need the object for that field.
    """
    compared = [node.field for node in walk(filter.root) if isinstance(node, Compare)]
    return any(classify_field(field) in (FieldSource.PATH, FieldSource.ANNOTATION) or field.lower() in BODY_PATHS for field in compared)


def uses_metrics(filter: Filter) -> bool:
    """Whether the filter compares usage of CPU or memory."""
    return any(field in USE_FIELDS for field in list_fields(filter))


def needs_relations(filter: Filter) -> bool:
    """Whether matching may need other rows: the owners up the chain, or the usage of CPU and memory."""
    return uses_metrics(filter) or "owner" in list_fields(filter)


def explain_unanswerable(filter: Filter, resource: ResourceName, *, metrics: bool) -> tuple[str, ...]:
    """Sentences that say which terms of this filter match nothing, and why. metrics: whether usage of this kind is known."""
    used = sorted({field for field in list_fields(filter) if field in USE_FIELDS})
    if metrics or not used:
        return ()
    if resource not in MEASURED:
        return (f"{' and '.join(used)}: only {' and '.join(MEASURED)} have metrics, so nothing matches",)
    return (f"{' and '.join(used)}: no metrics are available, so nothing matches; use {used[0]}.request to compare requests",)
