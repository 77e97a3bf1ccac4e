"""Tables of what configures the API server and its neighbours: admission policies, flow control, component statuses, storage versions."""

from typing import Any

import msgspec

from k8sconsole.model.objects import Cell
from k8sconsole.model.tables.columns import AGE, NAME, STATUS, names, number, text
from k8sconsole.model.tables.kind import KindTable, build_table, read_created_at, read_name
from k8sconsole.model.tables.shape_decoder import Shape
from k8sconsole.model.tables.shapes import Condition, Meta, join_first


class _ParamKind(Shape, frozen=True):
    api_version: str = ""
    kind: str = ""


class _PolicySpec(Shape, frozen=True):
    validations: list[Any] = []
    mutations: list[Any] = []
    param_kind: _ParamKind | None = None


class _Policy(Shape, frozen=True):
    metadata: Meta = Meta()
    spec: _PolicySpec = _PolicySpec()


def _format_param_kind(obj: _Policy) -> Cell:
    kind = obj.spec.param_kind
    return None if kind is None else f"{kind.api_version}/{kind.kind}"


def _policies(resource: str, counted: str) -> KindTable:
    return build_table(
        resource,
        _Policy,
        (
            (NAME, read_name),
            (number(counted), lambda obj: len(obj.spec.validations) + len(obj.spec.mutations)),
            (names("PARAMKIND"), _format_param_kind),
            (AGE, read_created_at),
        ),
    )


class _ParamReference(Shape, frozen=True):
    namespace: str = ""
    name: str = ""


class _PolicyBindingSpec(Shape, frozen=True):
    policy_name: str = ""
    param_ref: _ParamReference | None = None


class _PolicyBinding(Shape, frozen=True):
    metadata: Meta = Meta()
    spec: _PolicyBindingSpec = _PolicyBindingSpec()


def _format_param_reference(obj: _PolicyBinding) -> Cell:
    """The parameter; without a namespace it may be cluster-scoped or in the namespace of the request, which ``*`` stands for."""
    ref = obj.spec.param_ref
    return f"{ref.namespace or '*'}/{ref.name}" if ref is not None and ref.name else None


def _policy_bindings(resource: str) -> KindTable:
    return build_table(
        resource,
        _PolicyBinding,
        (
            (NAME, read_name),
            (names("POLICYNAME"), lambda obj: obj.spec.policy_name or None),
            (names("PARAMREF"), _format_param_reference),
            (AGE, read_created_at),
        ),
    )


class _Named(Shape, frozen=True):
    name: str = ""


class _Distinguisher(Shape, frozen=True):
    type: str = ""


class _FlowSpec(Shape, frozen=True):
    priority_level_configuration: _Named = _Named()
    matching_precedence: int = 0
    distinguisher_method: _Distinguisher = _Distinguisher()


class _FlowStatus(Shape, frozen=True):
    conditions: list[Condition] = []


class _FlowSchema(Shape, frozen=True):
    metadata: Meta = Meta()
    spec: _FlowSpec = _FlowSpec()
    status: _FlowStatus = _FlowStatus()


FLOW_SCHEMAS = build_table(
    "flowschemas.flowcontrol.apiserver.k8s.io",
    _FlowSchema,
    (
        (NAME, read_name),
        (names("PRIORITYLEVEL"), lambda obj: obj.spec.priority_level_configuration.name or None),
        (number("MATCHINGPRECEDENCE"), lambda obj: obj.spec.matching_precedence or 1000),
        (text("DISTINGUISHERMETHOD", wish=19), lambda obj: obj.spec.distinguisher_method.type or None),
        (AGE, read_created_at),
        (text("MISSINGPL", wish=9), lambda obj: next((each.status for each in obj.status.conditions if each.type == "Dangling"), "?")),
    ),
)


class _Queuing(Shape, frozen=True):
    queues: int = 0
    hand_size: int = 0
    queue_length_limit: int = 0


class _LimitResponse(Shape, frozen=True):
    queuing: _Queuing | None = None


class _Limited(Shape, frozen=True):
    nominal_concurrency_shares: int = 30
    limit_response: _LimitResponse = _LimitResponse()


class _LevelSpec(Shape, frozen=True):
    type: str = ""
    limited: _Limited | None = None


class _PriorityLevel(Shape, frozen=True):
    metadata: Meta = Meta()
    spec: _LevelSpec = _LevelSpec()


def _read_queuing(obj: _PriorityLevel) -> _Queuing | None:
    return None if obj.spec.limited is None else obj.spec.limited.limit_response.queuing


def _read_queue_size(obj: _PriorityLevel, field: str, default: int) -> Cell:
    queuing = _read_queuing(obj)
    return None if queuing is None else getattr(queuing, field) or default


PRIORITY_LEVELS = build_table(
    "prioritylevelconfigurations.flowcontrol.apiserver.k8s.io",
    _PriorityLevel,
    (
        (NAME, read_name),
        (text("TYPE", wish=8), lambda obj: obj.spec.type or None),
        (number("NOMINALCONCURRENCYSHARES"), lambda obj: obj.spec.limited.nominal_concurrency_shares if obj.spec.limited else None),
        (number("QUEUES"), lambda obj: _read_queue_size(obj, "queues", 64)),
        (number("HANDSIZE"), lambda obj: _read_queue_size(obj, "hand_size", 8)),
        (number("QUEUELENGTHLIMIT"), lambda obj: _read_queue_size(obj, "queue_length_limit", 50)),
        (AGE, read_created_at),
    ),
)


class _ComponentCondition(Condition, frozen=True):
    error: str = ""


class _ComponentStatus(Shape, frozen=True):
    metadata: Meta = Meta()
    conditions: list[_ComponentCondition] = []

    @property
    def healthy(self) -> _ComponentCondition:
        return next((each for each in self.conditions if each.type == "Healthy"), _ComponentCondition())


def _component_status(obj: _ComponentStatus) -> Cell:
    if not obj.healthy.type:
        return "Unknown"
    return "Healthy" if obj.healthy.status == "True" else "Unhealthy"


COMPONENT_STATUSES = build_table(
    "componentstatuses",
    _ComponentStatus,
    (
        (NAME, read_name),
        (STATUS, _component_status),
        (text("MESSAGE", wish=40), lambda obj: obj.healthy.message or None),
        (text("ERROR", wish=40), lambda obj: obj.healthy.error or None),
    ),
)


class _GroupResource(Shape, frozen=True):
    group: str = ""
    resource: str = ""


class _MigrationSpec(Shape, frozen=True):
    resource: _GroupResource = _GroupResource()


class _MigrationStatus(Shape, frozen=True):
    conditions: list[Condition] = []


class _Migration(Shape, frozen=True):
    metadata: Meta = Meta()
    spec: _MigrationSpec = _MigrationSpec()
    status: _MigrationStatus = _MigrationStatus()


def _format_migrated(obj: _Migration) -> Cell:
    chosen = obj.spec.resource
    return f"{chosen.resource}.{chosen.group}" if chosen.group else chosen.resource or None


def _migration_status(obj: _Migration) -> Cell:
    words = [each.type for each in obj.status.conditions if each.status == "True" and each.type in ("Running", "Failed", "Succeeded")]
    return words[-1] if words else "Unknown"


MIGRATIONS = build_table(
    "storageversionmigrations.storagemigration.k8s.io",
    _Migration,
    ((NAME, read_name), (names("RESOURCE"), _format_migrated), (STATUS, _migration_status), (AGE, read_created_at)),
)


class _ServerVersion(Shape, frozen=True):
    api_server_id: str = msgspec.field(name="apiServerID", default="")
    encoding_version: str = ""


class _StorageVersionStatus(Shape, frozen=True):
    common_encoding_version: str | None = None
    storage_versions: list[_ServerVersion] = []


class _StorageVersion(Shape, frozen=True):
    metadata: Meta = Meta()
    status: _StorageVersionStatus = _StorageVersionStatus()


STORAGE_VERSIONS = build_table(
    "storageversions.internal.apiserver.k8s.io",
    _StorageVersion,
    (
        (NAME, read_name),
        (text("COMMONENCODINGVERSION", wish=21), lambda obj: obj.status.common_encoding_version),
        (
            names("STORAGEVERSIONS", wish=40),
            lambda obj: join_first([f"{each.api_server_id}={each.encoding_version}" for each in obj.status.storage_versions]),
        ),
        (AGE, read_created_at),
    ),
)

TABLES: tuple[KindTable, ...] = (
    *(
        _policies(f"{kind}admissionpolicies.admissionregistration.k8s.io", counted)
        for kind, counted in (("validating", "VALIDATIONS"), ("mutating", "MUTATIONS"))
    ),
    *(_policy_bindings(f"{kind}admissionpolicybindings.admissionregistration.k8s.io") for kind in ("validating", "mutating")),
    FLOW_SCHEMAS,
    PRIORITY_LEVELS,
    MIGRATIONS,
    STORAGE_VERSIONS,
    COMPONENT_STATUSES,
)
