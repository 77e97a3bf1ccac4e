"""Shapes that many kinds share, and text made from them."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from k8sconsole.model.selectors import build_requirements, format_requirements
from k8sconsole.model.tables.shape_decoder import Shape


class OwnerReference(Shape, frozen=True):
    api_version: str = ""
    kind: str = ""
    name: str = ""
    controller: bool | None = None


class Meta(Shape, frozen=True):
    name: str = ""
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    creation_timestamp: datetime | None = None
    deletion_timestamp: datetime | None = None
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    owner_references: list[OwnerReference] = []

    @property
    def owner(self) -> str:
        """The controlling owner as ``Kind/name``, empty without one."""
        for ref in self.owner_references:
            if ref.controller:
                return f"{ref.kind}/{ref.name}"
        return ""


class Object(Shape, frozen=True):
    """The fields that every object has."""

    metadata: Meta = Meta()


class Condition(Shape, frozen=True):
    type: str = ""
    status: str = ""
    reason: str = ""
    message: str = ""


class Resources(Shape, frozen=True):
    requests: dict[str, str] = {}
    limits: dict[str, str] = {}


class Container(Shape, frozen=True):
    name: str = ""
    image: str = ""
    restart_policy: str = ""
    resources: msgspec.Raw = msgspec.Raw(b"{}")  # its ``Resources``, decoded only where it is needed


class TemplateSpec(Shape, frozen=True):
    containers: list[Container] = []
    node_selector: dict[str, str] = {}


class Template(Shape, frozen=True):
    metadata: Meta = Meta()
    spec: TemplateSpec = TemplateSpec()


class Expression(Shape, frozen=True):
    key: str = ""
    operator: str = ""
    values: list[str] = []


class Selector(Shape, frozen=True):
    match_labels: dict[str, str] = {}
    match_expressions: list[Expression] = []


def to_epoch_seconds(at: datetime | None) -> float | None:
    """Seconds since the epoch; None for the zero time that Kubernetes writes for an unknown time."""
    if at is None or at.year < 1970:
        return None
    return at.timestamp()


def is_condition_true(conditions: Sequence[Condition], kind: str) -> bool:
    """Whether the status of the first condition of this type is True."""
    return next((condition.status == "True" for condition in conditions if condition.type == kind), False)


def join_or_none(values: Sequence[str], separator: str = ",") -> str | None:
    return separator.join(values) or None


def format_labels(labels: dict[str, str]) -> str | None:
    return join_or_none([f"{key}={value}" for key, value in sorted(labels.items())])


def selector_cell(selector: Selector) -> str | None:
    """A label selector as ``kubectl -l`` takes it; None for one that selects everything."""
    expressions = [(one.key, one.operator, one.values) for one in selector.match_expressions]
    return format_requirements(build_requirements(selector.match_labels, expressions)) or None


def join_first(values: Sequence[str], most: int = 3) -> str | None:
    """The first ``most`` values, and how many more there are, as kubectl prints them."""
    first = ",".join(values[:most])
    return f"{first} + {len(values) - most} more..." if len(values) > most else first or None
