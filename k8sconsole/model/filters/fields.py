"""The meaning of a field's name in a filter: a general field, a column, a path into the object, or a label."""

from enum import StrEnum

from k8sconsole.kit.jsonpath import PathError, compile_path
from k8sconsole.model.tables.columns import CellKind


class FieldSource(StrEnum):
    """The source of a field's value."""

    IDENTITY = "identity"
    """The row itself: name, namespace, cluster, owner, age."""
    CELL = "cell"
    """A column of the kind's table, else the object, else a label."""
    USE = "use"
    """Usage from the Metrics API."""
    LABEL = "label"
    ANNOTATION = "annotation"
    PATH = "path"


USE_FIELDS = {"cpu": "cpu", "memory": "memory", "mem": "memory"}
IDENTITY_FIELDS = frozenset({"name", "namespace", "ns", "cluster", "owner", "age"})

_AMOUNTS = {"cpu": "CPU", "memory": "MEM", "mem": "MEM"}
_SIDES = {"request": "R", "requests": "R", "limit": "L", "limits": "L", "allocatable": "A"}
COLUMN_ALIASES: dict[str, tuple[str, ...]] = {
    "image": ("IMAGE", "IMAGES"),
    "status": ("STATUS", "STATE", "CONDITION"),
} | {f"{resource}.{side}": (f"{column}/{letter}",) for resource, column in _AMOUNTS.items() for side, letter in _SIDES.items()}
"""General fields, and the columns that may hold them."""

BODY_PATHS: dict[str, tuple[str, ...]] = {
    "phase": ("status.phase",),
    "reason": ("status.reason",),
    "node": ("spec.nodeName",),
    "image": (
        "spec.containers[*].image",
        "spec.template.spec.containers[*].image",
        "spec.jobTemplate.spec.template.spec.containers[*].image",
    ),
    "replicas": ("spec.replicas",),
}
"""General fields, and their paths in the object for kinds whose table has no such column."""

FIELD_KINDS: dict[str, CellKind] = {"age": CellKind.TIME, "restarts": CellKind.RESTARTS, "ready": CellKind.READY} | {
    name: CellKind.CPU if name.startswith("cpu") else CellKind.BYTES
    for name in (*USE_FIELDS, *COLUMN_ALIASES)
    if name.startswith(("cpu", "mem"))
}
"""Fields whose kind does not depend on the table, so that the parser can refuse a wrong value."""
GENERAL_FIELDS = frozenset({*IDENTITY_FIELDS, *USE_FIELDS, *COLUMN_ALIASES, *BODY_PATHS, *FIELD_KINDS})
"""The fields that a filter knows for every kind, in lower case."""

_ROOTS = frozenset(
    (
        "apiVersion",
        "kind",
        "metadata",
        "spec",
        "status",
        "data",
        "binaryData",
        "type",
        "rules",
        "subjects",
        "roleRef",
        "subsets",
        "webhooks",
    )
)


def classify_field(field: str) -> FieldSource:
    """The source of a field, by its name alone. A dotted name counts as a path here; matching falls back to a label of that name."""
    lowered = field.lower()
    if lowered in IDENTITY_FIELDS:
        return FieldSource.IDENTITY
    if lowered in USE_FIELDS:
        return FieldSource.USE
    if "[" in field and is_path(field):
        return FieldSource.PATH
    if lowered.startswith("label.") or ("/" in field and not lowered.startswith("annotation.") and not is_column_name(field)):
        return FieldSource.LABEL
    if lowered.startswith("annotation."):
        return FieldSource.ANNOTATION
    if lowered in COLUMN_ALIASES:
        return FieldSource.CELL
    return FieldSource.PATH if "." in field and is_path(field) else FieldSource.CELL


def is_column_name(field: str) -> bool:
    """Whether a name with a slash is one of the columns ``CPU/R`` … ``MEM/A``."""
    return field.upper() in {f"{column}/{letter}" for column in _AMOUNTS.values() for letter in _SIDES.values()}


def is_path(field: str) -> bool:
    try:
        compile_path(field)
    except PathError:
        return False
    return True


def starts_at_root(field: str) -> bool:
    """Whether a dotted name begins with a top-level field of objects, such as ``spec``."""
    return field.lstrip(".").partition(".")[0].partition("[")[0] in _ROOTS


def strip_key_prefix(field: str) -> str:
    """``KEY`` of ``label.KEY`` and ``annotation.KEY``; any other field unchanged."""
    head, dot, key = field.partition(".")
    return key if dot and head.lower() in ("label", "annotation") else field
