"""Tables of Deployments, ReplicaSets, StatefulSets, DaemonSets, ReplicationControllers and their templates and revisions."""

from typing import Any, Protocol

import msgspec

from k8sconsole.model.objects import Cell
from k8sconsole.model.tables.columns import AGE, IMAGE, NAME, OWNER, READY, names, number, text
from k8sconsole.model.tables.kind import Field, KindTable, build_table, read_created_at, read_name
from k8sconsole.model.tables.shape_decoder import Shape
from k8sconsole.model.tables.shapes import Container, Meta, Selector, Template, format_labels, join_or_none, selector_cell


class _Spec(Shape, frozen=True):
    """replicas: 1 where absent, the API server's default."""

    replicas: int = 1
    selector: Selector = Selector()
    template: Template = Template()


class _Status(Shape, frozen=True):
    replicas: int = 0
    ready_replicas: int = 0
    updated_replicas: int = 0
    available_replicas: int = 0


class _Workload(Shape, frozen=True):
    metadata: Meta = Meta()
    spec: _Spec = _Spec()
    status: _Status = _Status()


class _DaemonStatus(Shape, frozen=True):
    desired_number_scheduled: int = 0
    current_number_scheduled: int = 0
    number_ready: int = 0
    updated_number_scheduled: int = 0
    number_available: int = 0


class _Daemon(Shape, frozen=True):
    metadata: Meta = Meta()
    spec: _Spec = _Spec()
    status: _DaemonStatus = _DaemonStatus()


class _ControllerSpec(Shape, frozen=True):
    replicas: int = 1
    selector: dict[str, str] = {}
    template: Template = Template()


class _Controller(Shape, frozen=True):
    metadata: Meta = Meta()
    spec: _ControllerSpec = _ControllerSpec()
    status: _Status = _Status()


class _HasTemplate(Protocol):
    @property
    def template(self) -> Template: ...


class _HasSpec(Protocol):
    @property
    def metadata(self) -> Meta: ...
    @property
    def spec(self) -> _HasTemplate: ...


def container_names(containers: list[Container]) -> Cell:
    return join_or_none([container.name for container in containers])


def container_images(containers: list[Container]) -> Cell:
    return join_or_none([container.image for container in containers])


def _read_container_names(obj: _HasSpec) -> Cell:
    return container_names(obj.spec.template.spec.containers)


def _read_images(obj: _HasSpec) -> Cell:
    return container_images(obj.spec.template.spec.containers)


def read_owner(obj: Any) -> Cell:
    return obj.metadata.owner or None


CONTAINERS = text("CONTAINERS", wish=20, wide=True)
SELECTOR = text("SELECTOR", wish=32, wide=True)
IMAGES = msgspec.structs.replace(IMAGE, name="IMAGES")
TEMPLATE_FIELDS: tuple[Field[Any], ...] = ((CONTAINERS, _read_container_names), (IMAGES, _read_images))
SELECTOR_FIELD: Field[Any] = (SELECTOR, lambda obj: selector_cell(obj.spec.selector))

DEPLOYMENTS = build_table(
    "deployments.apps",
    _Workload,
    (
        (NAME, read_name),
        (READY, lambda obj: [obj.status.ready_replicas, obj.spec.replicas]),
        (number("UP-TO-DATE"), lambda obj: obj.status.updated_replicas),
        (number("AVAILABLE"), lambda obj: obj.status.available_replicas),
        (AGE, read_created_at),
        *TEMPLATE_FIELDS,
        SELECTOR_FIELD,
        (OWNER, read_owner),
    ),
)

REPLICASETS = build_table(
    "replicasets.apps",
    _Workload,
    (
        (NAME, read_name),
        (number("DESIRED"), lambda obj: obj.spec.replicas),
        (number("CURRENT"), lambda obj: obj.status.replicas),
        (number("READY"), lambda obj: obj.status.ready_replicas),
        (AGE, read_created_at),
        *TEMPLATE_FIELDS,
        SELECTOR_FIELD,
        (OWNER, read_owner),
    ),
)

STATEFULSETS = build_table(
    "statefulsets.apps",
    _Workload,
    (
        (NAME, read_name),
        (READY, lambda obj: [obj.status.ready_replicas, obj.spec.replicas]),
        (AGE, read_created_at),
        *TEMPLATE_FIELDS,
        (OWNER, read_owner),
    ),
)

DAEMONSETS = build_table(
    "daemonsets.apps",
    _Daemon,
    (
        (NAME, read_name),
        (number("DESIRED"), lambda obj: obj.status.desired_number_scheduled),
        (number("CURRENT"), lambda obj: obj.status.current_number_scheduled),
        (number("READY"), lambda obj: obj.status.number_ready),
        (number("UP-TO-DATE"), lambda obj: obj.status.updated_number_scheduled),
        (number("AVAILABLE"), lambda obj: obj.status.number_available),
        (text("NODE SELECTOR", wish=24), lambda obj: format_labels(obj.spec.template.spec.node_selector)),
        (AGE, read_created_at),
        *TEMPLATE_FIELDS,
        SELECTOR_FIELD,
        (OWNER, read_owner),
    ),
)

REPLICATION_CONTROLLERS = build_table(
    "replicationcontrollers",
    _Controller,
    (
        (NAME, read_name),
        (number("DESIRED"), lambda obj: obj.spec.replicas),
        (number("CURRENT"), lambda obj: obj.status.replicas),
        (number("READY"), lambda obj: obj.status.ready_replicas),
        (AGE, read_created_at),
        *TEMPLATE_FIELDS,
        (SELECTOR, lambda obj: format_labels(obj.spec.selector or obj.spec.template.metadata.labels)),
        (OWNER, read_owner),
    ),
)


class _PodTemplate(Shape, frozen=True):
    metadata: Meta = Meta()
    template: Template = Template()


POD_TEMPLATES = build_table(
    "podtemplates",
    _PodTemplate,
    (
        (NAME, read_name),
        (text("CONTAINERS", wish=20), lambda obj: container_names(obj.template.spec.containers)),
        (text("IMAGES", wish=36), lambda obj: container_images(obj.template.spec.containers)),
        (text("POD LABELS", wish=32), lambda obj: format_labels(obj.template.metadata.labels)),
        (AGE, read_created_at),
    ),
)


class _Revision(Shape, frozen=True):
    metadata: Meta = Meta()
    revision: int = 0


def _format_controller(obj: _Revision) -> Cell:
    """The controller as kubectl names it: ``statefulset.apps/db``."""
    for owner in obj.metadata.owner_references:
        if owner.controller:
            group = owner.api_version.rpartition("/")[0]
            return f"{owner.kind.lower()}{f'.{group}' if group else ''}/{owner.name}"
    return None


CONTROLLER_REVISIONS = build_table(
    "controllerrevisions.apps",
    _Revision,
    (
        (NAME, read_name),
        (names("CONTROLLER"), _format_controller),
        (number("REVISION"), lambda obj: obj.revision),
        (AGE, read_created_at),
    ),
)

TABLES: tuple[KindTable, ...] = (
    DEPLOYMENTS,
    REPLICASETS,
    STATEFULSETS,
    DAEMONSETS,
    REPLICATION_CONTROLLERS,
    POD_TEMPLATES,
    CONTROLLER_REVISIONS,
)
