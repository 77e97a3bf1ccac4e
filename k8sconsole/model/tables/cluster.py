"""Tables of cluster-wide kinds: nodes, namespaces, CRDs and API services."""

from k8sconsole.model.objects import Cell
from k8sconsole.model.quantities import parse_bytes, parse_cpu
from k8sconsole.model.tables.columns import AGE, CONDITIONS, NAME, STATUS, cpu, names, size, text
from k8sconsole.model.tables.health import PRESSURES
from k8sconsole.model.tables.kind import KindTable, build_table, read_created_at, read_name
from k8sconsole.model.tables.shape_decoder import Shape
from k8sconsole.model.tables.shapes import Condition, Meta, join_or_none

UNKNOWN = "<unknown>"
_ROLE = "node-role.kubernetes.io/"


class _NodeAddress(Shape, frozen=True):
    type: str = ""
    address: str = ""


class _NodeInfo(Shape, frozen=True):
    kubelet_version: str = ""
    os_image: str = ""
    kernel_version: str = ""
    architecture: str = ""
    container_runtime_version: str = ""


class _Taint(Shape, frozen=True):
    key: str = ""
    value: str = ""
    effect: str = ""


class _NodeSpec(Shape, frozen=True):
    unschedulable: bool = False
    taints: list[_Taint] = []


class _NodeStatus(Shape, frozen=True):
    conditions: list[Condition] = []
    addresses: list[_NodeAddress] = []
    node_info: _NodeInfo = _NodeInfo()
    allocatable: dict[str, str] = {}


class _Node(Shape, frozen=True):
    metadata: Meta = Meta()
    spec: _NodeSpec = _NodeSpec()
    status: _NodeStatus = _NodeStatus()


def node_status(obj: _Node) -> Cell:
    """STATUS as kubectl prints it."""
    ready = {condition.type: condition.status for condition in obj.status.conditions}.get("Ready")
    word = "Unknown" if ready is None else "Ready" if ready == "True" else "NotReady"
    return f"{word},SchedulingDisabled" if obj.spec.unschedulable else word


def node_roles(labels: dict[str, str]) -> list[str]:
    """A node's roles, from its labels, sorted."""
    found = {key.removeprefix(_ROLE) for key in labels if key.startswith(_ROLE)}
    return sorted((found | {labels.get("kubernetes.io/role", "")}) - {""})


def _format_conditions(obj: _Node) -> Cell:
    """The conditions beside Ready that are worth a look: pressures that are not False, and all that Kubernetes does not define.

    Whether True or False is the good state of a condition that an add-on sets, nothing in the object says; so its status is shown too.
    """
    shown = []
    for one in obj.status.conditions:
        if one.type in PRESSURES:
            shown += {"True": [one.type], "False": []}.get(one.status, [f"{one.type}={one.status}"])
        elif one.type != "Ready":
            shown.append(f"{one.type}={one.status}")
    return join_or_none(shown)


def _find_address(obj: _Node, kind: str) -> Cell:
    return next((entry.address for entry in obj.status.addresses if entry.type == kind), None)


def _format_kernel(obj: _Node) -> Cell:
    info = obj.status.node_info
    return f"{info.kernel_version or UNKNOWN} ({info.architecture})" if info.architecture else info.kernel_version or None


def _read_allocatable(obj: _Node, resource: str) -> Cell:
    stated = obj.status.allocatable.get(resource)
    try:
        return None if stated is None else parse_cpu(stated) if resource == "cpu" else parse_bytes(stated)
    except ValueError:
        return None


def _format_taint(taint: _Taint) -> str:
    return f"{taint.key}={taint.value}:{taint.effect}" if taint.value else f"{taint.key}:{taint.effect}"


NODES = build_table(
    "nodes",
    _Node,
    (
        (NAME, read_name),
        (STATUS, node_status),
        (text("ROLES", wish=20), lambda obj: join_or_none(node_roles(obj.metadata.labels))),
        (AGE, read_created_at),
        (text("VERSION", wish=12), lambda obj: obj.status.node_info.kubelet_version or None),
        (CONDITIONS, _format_conditions),
        (names("INTERNAL-IP", wish=15, wide=True), lambda obj: _find_address(obj, "InternalIP")),
        (names("EXTERNAL-IP", wish=15, wide=True), lambda obj: _find_address(obj, "ExternalIP")),
        (text("OS-IMAGE", wish=24, wide=True), lambda obj: obj.status.node_info.os_image or None),
        (text("KERNEL-VERSION", wish=20, wide=True), _format_kernel),
        (text("CONTAINER-RUNTIME", wish=20, wide=True), lambda obj: obj.status.node_info.container_runtime_version or None),
        (cpu("CPU/A"), lambda obj: _read_allocatable(obj, "cpu")),
        (size("MEM/A"), lambda obj: _read_allocatable(obj, "memory")),
        (text("TAINTS", wish=24, wide=True), lambda obj: join_or_none([_format_taint(taint) for taint in obj.spec.taints])),
    ),
)


class _NamespaceStatus(Shape, frozen=True):
    phase: str = ""


class _NamespaceObject(Shape, frozen=True):
    metadata: Meta = Meta()
    status: _NamespaceStatus = _NamespaceStatus()


NAMESPACES = build_table(
    "namespaces", _NamespaceObject, ((NAME, read_name), (STATUS, lambda obj: obj.status.phase or "Active"), (AGE, read_created_at))
)


class _CrdNames(Shape, frozen=True):
    kind: str = ""


class _CrdVersion(Shape, frozen=True):
    name: str = ""
    served: bool = False


class _CrdSpec(Shape, frozen=True):
    group: str = ""
    scope: str = ""
    names: _CrdNames = _CrdNames()
    versions: list[_CrdVersion] = []


class _Conditions(Shape, frozen=True):
    conditions: list[Condition] = []


class _Crd(Shape, frozen=True):
    metadata: Meta = Meta()
    spec: _CrdSpec = _CrdSpec()
    status: _Conditions = _Conditions()


def _crd_status(obj: _Crd) -> Cell:
    if obj.metadata.deletion_timestamp is not None:
        return "Terminating"
    statuses = {condition.type: condition.status for condition in obj.status.conditions}
    return "Established" if statuses.get("Established") == "True" else "Pending"


CRDS = build_table(
    "customresourcedefinitions.apiextensions.k8s.io",
    _Crd,
    (
        (NAME, read_name),
        (STATUS, _crd_status),
        (AGE, read_created_at),
        (text("KIND", wide=True), lambda obj: obj.spec.names.kind or None),
        (text("SCOPE", wish=10, wide=True), lambda obj: obj.spec.scope or None),
        (text("VERSIONS", wide=True), lambda obj: join_or_none([version.name for version in obj.spec.versions if version.served])),
    ),
)


class _ServiceReference(Shape, frozen=True):
    namespace: str = ""
    name: str = ""


class _ApiServiceSpec(Shape, frozen=True):
    service: _ServiceReference | None = None


class _ApiService(Shape, frozen=True):
    metadata: Meta = Meta()
    spec: _ApiServiceSpec = _ApiServiceSpec()
    status: _Conditions = _Conditions()


def _format_available(obj: _ApiService) -> Cell:
    found = next((condition for condition in obj.status.conditions if condition.type == "Available"), None)
    if found is None:
        return None
    return "True" if found.status == "True" else f"{found.status} ({found.reason})"


def _format_service(obj: _ApiService) -> Cell:
    service = obj.spec.service
    return "Local" if service is None else f"{service.namespace}/{service.name}"


API_SERVICES = build_table(
    "apiservices.apiregistration.k8s.io",
    _ApiService,
    ((NAME, read_name), (names("SERVICE", wish=32), _format_service), (text("AVAILABLE"), _format_available), (AGE, read_created_at)),
)

TABLES: tuple[KindTable, ...] = (NODES, NAMESPACES, CRDS, API_SERVICES)
