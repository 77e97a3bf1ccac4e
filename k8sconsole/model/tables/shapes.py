"""Shapes that many kinds share, and text made from them."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from k8sconsole.model.quantities import canonical_quantity
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


class TimedCondition(Condition, frozen=True):
    last_transition_time: datetime | None = None


Amount = str | int | float
"""A quantity. The API server writes text; manifests may have numbers."""


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
    """Seconds since the epoch; None for the zero time, of the year 1, that Kubernetes writes for an unknown time."""
    if at is None or at.year == 1:
        return None
    return at.timestamp()


def is_condition_true(conditions: Sequence[Condition], kind: str) -> bool:
    """Whether the status of the first condition of this type is True."""
    return next((condition.status == "True" for condition in conditions if condition.type == kind), False)


def join_or_none(values: Sequence[str], separator: str = ",") -> str | None:
    return separator.join(values) or None


def format_labels(labels: dict[str, str]) -> str | None:
    """``key=value`` of all labels, in the order of the whole texts, as kubectl prints them."""
    return join_or_none(sorted(f"{key}={value}" for key, value in labels.items()))


def selector_cell(selector: Selector) -> str | None:
    """A label selector as kubectl prints it, its terms in the order of their keys; None for one that selects everything."""
    terms = [(key, f"{key}={value}") for key, value in selector.match_labels.items()]
    terms += [(one.key, _format_expression(one)) for one in selector.match_expressions]
    return join_or_none([text for _, text in sorted(terms, key=lambda term: term[0])])


def _format_expression(one: Expression) -> str:
    match one.operator:
        case "In" | "NotIn":
            return f"{one.key} {one.operator.lower()} ({','.join(sorted(one.values))})"
        case "DoesNotExist":
            return f"!{one.key}"
    return one.key


def format_resource(amounts: dict[str, Amount], name: str) -> str:
    """An amount of a ResourceList as kubectl prints it; 0 where it is absent."""
    return canonical_quantity(str(amounts.get(name, "0")), 3)


def join_first(values: Sequence[str], most: int = 3) -> str | None:
    """The first ``most`` values, and how many more there are, as kubectl prints them."""
    first = ",".join(values[:most])
    return f"{first} + {len(values) - most} more..." if len(values) > most else first or None
