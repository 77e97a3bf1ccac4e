"""Tables of HorizontalPodAutoscalers and PodDisruptionBudgets."""

from collections.abc import Callable

from k8sconsole.model.objects import Cell
from k8sconsole.model.quantities import canonical_quantity
from k8sconsole.model.tables.columns import AGE, NAME, names, number, text
from k8sconsole.model.tables.kind import KindTable, build_table, read_created_at, read_name
from k8sconsole.model.tables.shape_decoder import Shape
from k8sconsole.model.tables.shapes import Amount, Meta

UNKNOWN = "<unknown>"


class _MetricValue(Shape, frozen=True):
    """The target or the current value of a metric; both have these fields."""

    value: Amount | None = None
    average_value: Amount | None = None
    average_utilization: int | None = None


class _MetricSource(Shape, frozen=True):
    """A metric's target (in spec) and current value (in status), for any type of metric."""

    name: str = ""
    target: _MetricValue = _MetricValue()
    current: _MetricValue = _MetricValue()


class _Metric(Shape, frozen=True):
    type: str = ""
    resource: _MetricSource | None = None
    container_resource: _MetricSource | None = None
    pods: _MetricSource | None = None
    object: _MetricSource | None = None
    external: _MetricSource | None = None

    def source(self, kind: str) -> _MetricSource | None:
        """The part of this type of metric. kubectl looks in a current metric for the part that spec names, not for its own type."""
        by_type = {"Resource": self.resource, "ContainerResource": self.container_resource, "Pods": self.pods}
        return (by_type | {"Object": self.object, "External": self.external}).get(kind)


_DEFAULT_METRIC = _Metric(type="Resource", resource=_MetricSource(name="cpu", target=_MetricValue(average_utilization=80)))
"""The metric that the API server adds to an autoscaler without any."""


class _ScaleTarget(Shape, frozen=True):
    kind: str = ""
    name: str = ""


class _HpaSpec(Shape, frozen=True):
    scale_target_ref: _ScaleTarget = _ScaleTarget()
    min_replicas: int | None = None
    max_replicas: int = 0
    metrics: list[_Metric] = []


class _HpaStatus(Shape, frozen=True):
    current_replicas: int = 0
    desired_replicas: int = 0
    current_metrics: list[_Metric] = []


class Hpa(Shape, frozen=True):
    metadata: Meta = Meta()
    spec: _HpaSpec = _HpaSpec()
    status: _HpaStatus = _HpaStatus()


def format_hpa_targets(obj: Hpa) -> Cell:
    """TARGETS as kubectl prints it: current/target of the first two metrics, such as ``cpu: 41%/70%``."""
    current = obj.status.current_metrics
    wanted = obj.spec.metrics or [_DEFAULT_METRIC]
    metrics = [_format_metric(spec, current[at] if at < len(current) else _Metric()) for at, spec in enumerate(wanted)]
    rest = f" + {len(metrics) - 2} more..." if len(metrics) > 2 else ""
    return ", ".join(metrics[:2]) + rest


def _format_metric(spec: _Metric, observed: _Metric) -> str:
    wanted, found = spec.source(spec.type), observed.source(spec.type)
    if wanted is None:
        return "<unknown type>"
    current, target = found.current if found else None, wanted.target
    if spec.type in ("Resource", "ContainerResource"):
        return f"{wanted.name}: {_format_resource(target, current)}"
    if spec.type == "Pods":
        return f"{UNKNOWN if current is None else _format_quantity(current.average_value)}/{_format_quantity(target.average_value)}"
    if target.average_value is not None:
        known = current is not None and current.average_value is not None
        return f"{_format_quantity(current.average_value) if current and known else UNKNOWN}/{_format_quantity(target.average_value)} (avg)"
    return f"{UNKNOWN if current is None else _format_quantity(current.value)}/{_format_quantity(target.value)}"


def _format_resource(wanted: _MetricValue, current: _MetricValue | None) -> str:
    if wanted.average_value is not None:
        return f"{UNKNOWN if current is None else _format_quantity(current.average_value)}/{_format_quantity(wanted.average_value)}"
    share = None if current is None else current.average_utilization
    return f"{_format_percent(share, UNKNOWN)}/{_format_percent(wanted.average_utilization, '<auto>')}"


def _format_quantity(amount: Amount | None) -> str:
    """A quantity as kubectl prints it, also one that is absent beside others that are there."""
    return "<nil>" if amount is None else canonical_quantity(str(amount))


def _format_percent(share: int | None, otherwise: str) -> str:
    return otherwise if share is None else f"{share}%"


def _reference(obj: Hpa) -> Cell:
    target = obj.spec.scale_target_ref
    return f"{target.kind}/{target.name}"


HPAS = build_table(
    "horizontalpodautoscalers.autoscaling",
    Hpa,
    (
        (NAME, read_name),
        (names("REFERENCE", wish=32), _reference),
        (text("TARGETS", wish=28, rank=12), format_hpa_targets),
        (number("MINPODS"), lambda obj: 1 if obj.spec.min_replicas is None else obj.spec.min_replicas),
        (number("MAXPODS"), lambda obj: obj.spec.max_replicas),
        (number("REPLICAS"), lambda obj: obj.status.current_replicas),
        (AGE, read_created_at),
    ),
)


class _BudgetSpec(Shape, frozen=True):
    min_available: str | int | None = None
    max_unavailable: str | int | None = None


class _BudgetStatus(Shape, frozen=True):
    disruptions_allowed: int = 0


class _Budget(Shape, frozen=True):
    metadata: Meta = Meta()
    spec: _BudgetSpec = _BudgetSpec()
    status: _BudgetStatus = _BudgetStatus()


def _limit_reader(read: Callable[[_BudgetSpec], str | int | None]) -> Callable[[_Budget], Cell]:
    def read_limit(obj: _Budget) -> Cell:
        limit = read(obj.spec)
        return "N/A" if limit is None else str(limit)

    return read_limit


BUDGETS = build_table(
    "poddisruptionbudgets.policy",
    _Budget,
    (
        (NAME, read_name),
        (text("MIN AVAILABLE", wish=13), _limit_reader(lambda spec: spec.min_available)),
        (text("MAX UNAVAILABLE", wish=15), _limit_reader(lambda spec: spec.max_unavailable)),
        (number("ALLOWED DISRUPTIONS"), lambda obj: obj.status.disruptions_allowed),
        (AGE, read_created_at),
    ),
)

TABLES: tuple[KindTable, ...] = (HPAS, BUDGETS)
