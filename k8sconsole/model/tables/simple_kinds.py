"""Tables of built-in kinds whose columns are plain fields, read by path as a CRD's printer columns are.

A column is ``NAME=path``. A ``*`` before the name makes it wide. After the path, ``#`` means a number, ``@`` a date, ``+`` the number of
values, and ``?`` true or false.
"""

from collections.abc import Callable
from typing import Any

from k8sconsole.kit.jsonpath import find_values, print_value
from k8sconsole.model.objects import Cell
from k8sconsole.model.tables.columns import AGE, NAME, Column, flag, number, time
from k8sconsole.model.tables.custom import RawObject, parse_object_time, read_raw_object, text_column
from k8sconsole.model.tables.kind import KindTable, build_table_from, read_created_at, read_name

_KINDS = {
    "serviceaccounts": "AGE",
    "limitranges": "AGE",
    "roles.rbac.authorization.k8s.io": "AGE",
    "clusterroles.rbac.authorization.k8s.io": "AGE",
    "leases.coordination.k8s.io": "HOLDER=.spec.holderIdentity AGE",
    "leasecandidates.coordination.k8s.io": "LEASENAME=.spec.leaseName BINARYVERSION=.spec.binaryVersion "
    "EMULATIONVERSION=.spec.emulationVersion AGE",
    "runtimeclasses.node.k8s.io": "HANDLER=.handler AGE",
    "volumeattributesclasses.storage.k8s.io": "DRIVERNAME=.driverName AGE",
    "volumeattachments.storage.k8s.io": "ATTACHER=.spec.attacher PV=.spec.source.persistentVolumeName NODE=.spec.nodeName "
    "ATTACHED=.status.attached? AGE",
    "csinodes.storage.k8s.io": "DRIVERS=.spec.drivers[*]+ AGE",
    "mutatingwebhookconfigurations.admissionregistration.k8s.io": "WEBHOOKS=.webhooks[*]+ AGE",
    "validatingwebhookconfigurations.admissionregistration.k8s.io": "WEBHOOKS=.webhooks[*]+ AGE",
    "clustertrustbundles.certificates.k8s.io": "SIGNERNAME=.spec.signerName AGE",
    "deviceclasses.resource.k8s.io": "AGE",
    "resourceclaimtemplates.resource.k8s.io": "AGE",
    "resourceslices.resource.k8s.io": "NODE=.spec.nodeName DRIVER=.spec.driver POOL=.spec.pool.name AGE",
    "workloads.scheduling.k8s.io": "AGE",
    "pods.metrics.k8s.io": "CPU(CORES)=.containers[*].usage.cpu MEMORY(BYTES)=.containers[*].usage.memory TIMESTAMP=.timestamp@",
    "nodes.metrics.k8s.io": "CPU(CORES)=.usage.cpu MEMORY(BYTES)=.usage.memory TIMESTAMP=.timestamp@",
}


def _build_field(text_of_column: str) -> tuple[Column, Callable[[RawObject], Cell]]:
    name, _, path = text_of_column.removeprefix("*").partition("=")
    wide, mark, path = text_of_column.startswith("*"), path[-1:], path.rstrip("#@+?")
    match mark:
        case "":
            return AGE, read_created_at
        case "@":
            return time(name, wide=wide), _read_at(path, lambda found: next(map(parse_object_time, found), None))
        case "#":
            return number(name, wide=wide), _read_at(path, lambda found: next((one for one in found if isinstance(one, int | float)), None))
        case "?":
            return flag(name, wide=wide), _read_at(path, lambda found: next((one for one in found if isinstance(one, bool)), False))
        case "+":
            return number(name, wide=wide), _read_at(path, len)
    return text_column(name, wide=wide), _read_at(path, _join_texts)


def _read_at(path: str, convert: Callable[[list[Any]], Cell]) -> Callable[[RawObject], Cell]:
    return lambda obj: convert(find_values(path, obj.body))


def _join_texts(found: list[Any]) -> str | None:
    return ",".join([print_value(value) for value in found if value is not None]) or None


TABLES: tuple[KindTable, ...] = tuple(
    build_table_from(resource, read_raw_object, [(NAME, read_name), *map(_build_field, columns.split(" "))])
    for resource, columns in _KINDS.items()
)
