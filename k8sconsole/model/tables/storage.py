"""Tables of PersistentVolumes, PersistentVolumeClaims and StorageClasses."""

from k8sconsole.model.objects import Cell
from k8sconsole.model.tables.columns import AGE, NAME, STATUS, flag, names, text
from k8sconsole.model.tables.kind import KindTable, build_table, read_created_at, read_name
from k8sconsole.model.tables.shape_decoder import Shape
from k8sconsole.model.tables.shapes import Amount, Meta, Resources, format_resource, join_or_none

_CLASS_ANNOTATION = "volume.beta.kubernetes.io/storage-class"
_MODES = {"ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX", "ReadWriteOncePod": "RWOP"}


class _ClaimReference(Shape, frozen=True):
    namespace: str = ""
    name: str = ""


class _VolumeSpec(Shape, frozen=True):
    capacity: dict[str, Amount] = {}
    access_modes: list[str] = []
    persistent_volume_reclaim_policy: str = ""
    storage_class_name: str = ""
    volume_attributes_class_name: str | None = None
    claim_ref: _ClaimReference | None = None
    volume_mode: str | None = None


class _Phase(Shape, frozen=True):
    phase: str = ""
    reason: str = ""


class _Volume(Shape, frozen=True):
    metadata: Meta = Meta()
    spec: _VolumeSpec = _VolumeSpec()
    status: _Phase = _Phase()


class _ClaimSpec(Shape, frozen=True):
    volume_name: str = ""
    storage_class_name: str | None = None
    volume_attributes_class_name: str | None = None
    volume_mode: str | None = None
    resources: Resources = Resources()


class _ClaimStatus(Shape, frozen=True):
    phase: str = ""
    capacity: dict[str, Amount] = {}
    access_modes: list[str] = []


class _Claim(Shape, frozen=True):
    metadata: Meta = Meta()
    spec: _ClaimSpec = _ClaimSpec()
    status: _ClaimStatus = _ClaimStatus()


def access_modes(modes: list[str]) -> str | None:
    """Access modes as kubectl abbreviates them, in its order, without duplicates."""
    return join_or_none([short for mode, short in _MODES.items() if mode in modes])


def _format_claim(obj: _Volume) -> Cell:
    ref = obj.spec.claim_ref
    return None if ref is None else f"{ref.namespace}/{ref.name}"


def _format_phase(meta: Meta, phase: str) -> Cell:
    return "Terminating" if meta.deletion_timestamp is not None else phase or "Pending"


def _read_class(meta: Meta, stated: str | None) -> Cell:
    return meta.annotations.get(_CLASS_ANNOTATION, stated) or None


CAPACITY = text("CAPACITY", wish=8)
MODES = text("ACCESS MODES", wish=12)
CLASS = text("STORAGECLASS", wish=16)
ATTRIBUTES = text("VOLUMEATTRIBUTESCLASS", wish=21, rank=50)
MODE = text("VOLUMEMODE", wish=10, wide=True)

PERSISTENT_VOLUMES = build_table(
    "persistentvolumes",
    _Volume,
    (
        (NAME, read_name),
        (CAPACITY, lambda obj: format_resource(obj.spec.capacity, "storage")),
        (MODES, lambda obj: access_modes(obj.spec.access_modes)),
        (text("RECLAIM POLICY", wish=14), lambda obj: obj.spec.persistent_volume_reclaim_policy or "Retain"),
        (STATUS, lambda obj: _format_phase(obj.metadata, obj.status.phase)),
        (names("CLAIM", wish=32), _format_claim),
        (CLASS, lambda obj: _read_class(obj.metadata, obj.spec.storage_class_name)),
        (ATTRIBUTES, lambda obj: obj.spec.volume_attributes_class_name),
        (text("REASON"), lambda obj: obj.status.reason or None),
        (AGE, read_created_at),
        (MODE, lambda obj: obj.spec.volume_mode or "Filesystem"),
    ),
)


def _is_bound(obj: _Claim) -> bool:
    return bool(obj.spec.volume_name)


PERSISTENT_VOLUME_CLAIMS = build_table(
    "persistentvolumeclaims",
    _Claim,
    (
        (NAME, read_name),
        (STATUS, lambda obj: _format_phase(obj.metadata, obj.status.phase)),
        (names("VOLUME"), lambda obj: obj.spec.volume_name or None),
        (CAPACITY, lambda obj: format_resource(obj.status.capacity, "storage") if _is_bound(obj) else None),
        (MODES, lambda obj: access_modes(obj.status.access_modes) if _is_bound(obj) else None),
        (CLASS, lambda obj: _read_class(obj.metadata, obj.spec.storage_class_name)),
        (ATTRIBUTES, lambda obj: obj.spec.volume_attributes_class_name),
        (AGE, read_created_at),
        (MODE, lambda obj: obj.spec.volume_mode or "Filesystem"),
        (text("REQUESTED", wish=9, wide=True), lambda obj: obj.spec.resources.requests.get("storage")),
    ),
)


class _StorageClass(Shape, frozen=True):
    metadata: Meta = Meta()
    provisioner: str = ""
    reclaim_policy: str = "Delete"
    volume_binding_mode: str = "Immediate"
    allow_volume_expansion: bool = False


def _format_class_name(obj: _StorageClass) -> Cell:
    marks = ("storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class")
    default = any(obj.metadata.annotations.get(mark) == "true" for mark in marks)
    return f"{obj.metadata.name} (default)" if default else obj.metadata.name


STORAGE_CLASSES = build_table(
    "storageclasses.storage.k8s.io",
    _StorageClass,
    (
        (NAME, _format_class_name),
        (names("PROVISIONER", wish=32), lambda obj: obj.provisioner or None),
        (text("RECLAIMPOLICY", wish=13), lambda obj: obj.reclaim_policy),
        (text("VOLUMEBINDINGMODE", wish=20), lambda obj: obj.volume_binding_mode),
        (flag("ALLOWVOLUMEEXPANSION"), lambda obj: obj.allow_volume_expansion),
        (AGE, read_created_at),
    ),
)

TABLES: tuple[KindTable, ...] = (PERSISTENT_VOLUMES, PERSISTENT_VOLUME_CLAIMS, STORAGE_CLASSES)
