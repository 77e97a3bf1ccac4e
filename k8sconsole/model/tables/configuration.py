"""Tables of ConfigMaps, Secrets (the number of keys, never a value) and ResourceQuotas."""

from typing import Any

from k8sconsole.model.objects import Cell
from k8sconsole.model.tables.columns import AGE, NAME, names, number, text
from k8sconsole.model.tables.kind import KindTable, build_table, read_created_at, read_name
from k8sconsole.model.tables.shape_decoder import Shape
from k8sconsole.model.tables.shapes import Amount, Meta, format_resource, join_or_none


class _ConfigMap(Shape, frozen=True):
    metadata: Meta = Meta()
    data: dict[str, Any] = {}
    binary_data: dict[str, Any] = {}


class _Secret(Shape, frozen=True):
    metadata: Meta = Meta()
    type: str = ""
    data: dict[str, Any] = {}


CONFIG_MAPS = build_table(
    "configmaps",
    _ConfigMap,
    ((NAME, read_name), (number("DATA"), lambda obj: len(obj.data) + len(obj.binary_data)), (AGE, read_created_at)),
)

SECRETS = build_table(
    "secrets",
    _Secret,
    (
        (NAME, read_name),
        (names("TYPE", wish=36), lambda obj: obj.type or "Opaque"),
        (number("DATA"), lambda obj: len(obj.data)),
        (AGE, read_created_at),
    ),
)


class _QuotaStatus(Shape, frozen=True):
    hard: dict[str, Amount] = {}
    used: dict[str, Amount] = {}


class _ResourceQuota(Shape, frozen=True):
    metadata: Meta = Meta()
    status: _QuotaStatus = _QuotaStatus()


def _format_usage(obj: _ResourceQuota, limits: bool) -> Cell:
    status = obj.status
    chosen = [name for name in sorted(status.hard) if name.startswith("limits.") is limits]
    return join_or_none([f"{name}: {format_resource(status.used, name)}/{format_resource(status.hard, name)}" for name in chosen], ", ")


RESOURCE_QUOTAS = build_table(
    "resourcequotas",
    _ResourceQuota,
    (
        (NAME, read_name),
        (text("REQUEST", wish=48), lambda obj: _format_usage(obj, limits=False)),
        (text("LIMIT", wish=36), lambda obj: _format_usage(obj, limits=True)),
        (AGE, read_created_at),
    ),
)

TABLES: tuple[KindTable, ...] = (CONFIG_MAPS, SECRETS, RESOURCE_QUOTAS)
