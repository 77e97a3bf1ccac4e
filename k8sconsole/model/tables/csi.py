"""Tables of CSI drivers and of the storage capacity that they report."""

from k8sconsole.model.objects import Cell
from k8sconsole.model.quantities import canonical_quantity
from k8sconsole.model.tables.columns import AGE, NAME, flag, names, text
from k8sconsole.model.tables.kind import KindTable, build_table, read_created_at, read_name
from k8sconsole.model.tables.shape_decoder import Shape
from k8sconsole.model.tables.shapes import Meta


class _TokenRequest(Shape, frozen=True):
    audience: str = ""


class _DriverSpec(Shape, frozen=True):
    attach_required: bool = True
    pod_info_on_mount: bool = False
    storage_capacity: bool = False
    token_requests: list[_TokenRequest] = []
    requires_republish: bool = False
    volume_lifecycle_modes: list[str] = []


class _Driver(Shape, frozen=True):
    metadata: Meta = Meta()
    spec: _DriverSpec = _DriverSpec()


def _format_modes(obj: _Driver) -> Cell:
    return ",".join(obj.spec.volume_lifecycle_modes) or "Persistent"


CSI_DRIVERS = build_table(
    "csidrivers.storage.k8s.io",
    _Driver,
    (
        (NAME, read_name),
        (flag("ATTACHREQUIRED"), lambda obj: obj.spec.attach_required),
        (flag("PODINFOONMOUNT"), lambda obj: obj.spec.pod_info_on_mount),
        (flag("STORAGECAPACITY"), lambda obj: obj.spec.storage_capacity),
        (text("TOKENREQUESTS", wish=20), lambda obj: ",".join(each.audience for each in obj.spec.token_requests) or None),
        (flag("REQUIRESREPUBLISH"), lambda obj: obj.spec.requires_republish),
        (text("MODES", wish=20), _format_modes),
        (AGE, read_created_at),
    ),
)


class _StorageCapacity(Shape, frozen=True):
    metadata: Meta = Meta()
    storage_class_name: str = ""
    capacity: str | None = None


CSI_CAPACITIES = build_table(
    "csistoragecapacities.storage.k8s.io",
    _StorageCapacity,
    (
        (NAME, read_name),
        (names("STORAGECLASSNAME"), lambda obj: obj.storage_class_name or None),
        (text("CAPACITY", wish=8), lambda obj: None if obj.capacity is None else canonical_quantity(obj.capacity)),
        (AGE, read_created_at),
    ),
)

TABLES: tuple[KindTable, ...] = (CSI_DRIVERS, CSI_CAPACITIES)
