"""The table of each kind."""

from collections.abc import Sequence

from k8sconsole.model.refs import ApiResource, ResourceName
from k8sconsole.model.tables import (
    api_server,
    batch,
    certificates,
    cluster,
    configuration,
    csi,
    devices,
    events,
    networking,
    pods,
    priorities,
    rbac,
    scaling,
    storage,
    workloads,
)
from k8sconsole.model.tables import simple_kinds as listed
from k8sconsole.model.tables.custom import PrinterColumn, build_generic_table, build_printed_table
from k8sconsole.model.tables.kind import KindTable

_FAMILIES = (
    *(workloads, batch, networking, configuration, storage, csi, rbac),
    *(certificates, cluster, api_server, priorities, devices, scaling, events, listed),
)
BUILT_IN: dict[ResourceName, KindTable] = {each.resource: each for family in _FAMILIES for each in family.TABLES} | {
    pods.PODS.resource: pods.PODS
}


def find_table(resource: ApiResource, printer_columns: Sequence[PrinterColumn] = ()) -> KindTable:
    """The built-in table of a kind; else a table of its CRD's columns; else one of name, a guessed status, and age."""
    known = BUILT_IN.get(resource.name)
    if known is not None:
        return known
    return build_printed_table(resource.name, printer_columns) if printer_columns else build_generic_table(resource.name)


def is_custom(resource: ApiResource) -> bool:
    """Whether a kind has no built-in table, so that a CRD may define its columns."""
    return bool(resource.group) and resource.name not in BUILT_IN
