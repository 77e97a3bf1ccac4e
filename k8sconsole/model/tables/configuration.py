"""What workloads are given: ConfigMaps, Secrets (how many keys, never a value), quotas."""

from typing import Any

from k8sconsole.model.objects import Cell
from k8sconsole.model.tables.columns import AGE, NAME, names, number, text
from k8sconsole.model.tables.decoding import Shape
from k8sconsole.model.tables.kind import KindTable, created_at, name_of, table
from k8sconsole.model.tables.shapes import Meta, joined


class ConfigMap(Shape, frozen=True):
    metadata: Meta = Meta()
    data: dict[str, Any] = {}
    binary_data: dict[str, Any] = {}


class Secret(Shape, frozen=True):
    metadata: Meta = Meta()
    type: str = ""
    data: dict[str, Any] = {}


CONFIG_MAPS = table(
    "configmaps", ConfigMap, ((NAME, name_of), (number("DATA"), lambda seen: len(seen.data) + len(seen.binary_data)), (AGE, created_at))
)

SECRETS = table(
    "secrets",
    Secret,
    (
        (NAME, name_of),
        (names("TYPE", wish=36), lambda seen: seen.type or None),
        (number("DATA"), lambda seen: len(seen.data)),
        (AGE, created_at),
    ),
)


class QuotaStatus(Shape, frozen=True):
    hard: dict[str, str] = {}
    used: dict[str, str] = {}


class ResourceQuota(Shape, frozen=True):
    metadata: Meta = Meta()
    status: QuotaStatus = QuotaStatus()


def _use(seen: ResourceQuota, limits: bool) -> Cell:
    status = seen.status
    mine = [name for name in sorted(status.hard) if name.startswith("limits.") is limits]
    return joined([f"{name}: {status.used.get(name, '0')}/{status.hard[name]}" for name in mine], ", ")


RESOURCE_QUOTAS = table(
    "resourcequotas",
    ResourceQuota,
    (
        (NAME, name_of),
        (text("REQUEST", wish=48), lambda seen: _use(seen, limits=False)),
        (text("LIMIT", wish=36), lambda seen: _use(seen, limits=True)),
        (AGE, created_at),
    ),
)

TABLES: tuple[KindTable, ...] = (CONFIG_MAPS, SECRETS, RESOURCE_QUOTAS)
