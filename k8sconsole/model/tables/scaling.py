"""Tables of HorizontalPodAutoscalers and PodDisruptionBudgets."""

from collections.abc import Callable

from k8sconsole.model.objects import Cell
from k8sconsole.model.tables.columns import AGE, NAME, names, number, text
from k8sconsole.model.tables.kind import KindTable, build_table, read_created_at, read_name
from k8sconsole.model.tables.shape_decoder import Shape
from k8sconsole.model.tables.shapes import Meta

Amount = str | int | float
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

    @property
    def source(self) -> _MetricSource | None:
        by_type = {"Resource": self.resource, "ContainerResource": self.container_resource, "Pods": self.pods}
        return (by_type | {"Object": self.object, "External": self.external}).get(self.type)


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
    metrics = [_format_metric(spec, at, obj.status.current_metrics) for at, spec in enumerate(obj.spec.metrics)]
    rest = f" + {len(metrics) - 2} more..." if len(metrics) > 2 else ""
    return ", ".join(metrics[:2]) + rest if metrics else None


def _format_metric(spec: _Metric, at: int, current: list[_Metric]) -> str:
    wanted = spec.source
    if wanted is None:
        return "<unknown type>"
    observed = current[at].source if at < len(current) and current[at].type == spec.type else None
    reading = _MetricValue() if observed is None else observed.current
    if spec.type in ("Resource", "ContainerResource"):
        return f"{wanted.name}: {_format_resource(wanted.target, reading)}"
    if spec.type == "Pods":
        return f"{_format_amount(reading.average_value)}/{_format_amount(wanted.target.average_value)}"
    if wanted.target.average_value is not None:
        return f"{_format_amount(reading.average_value)}/{_format_amount(wanted.target.average_value)} (avg)"
    return f"{_format_amount(reading.value)}/{_format_amount(wanted.target.value)}"


def _format_resource(wanted: _MetricValue, current: _MetricValue) -> str:
    if wanted.average_value is not None:
        return f"{_format_amount(current.average_value)}/{_format_amount(wanted.average_value)}"
    return f"{_format_percent(current.average_utilization, UNKNOWN)}/{_format_percent(wanted.average_utilization, '<auto>')}"


def _format_amount(amount: Amount | None) -> str:
    return UNKNOWN if amount is None else str(amount)


def _format_percent(share: int | None, otherwise: str) -> str:
    return otherwise if share is None else f"{share}%"


def _reference(obj: Hpa) -> Cell:
    target = obj.spec.scale_target_ref
    return f"{target.kind}/{target.name}" if target.name else None


HPAS = build_table(
    "horizontalpodautoscalers.autoscaling",
    Hpa,
    (
        (NAME, read_name),
        (names("REFERENCE", wish=32), _reference),
        (text("TARGETS", wish=28, rank=12), format_hpa_targets),
        (number("MINPODS"), lambda obj: obj.spec.min_replicas),
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
