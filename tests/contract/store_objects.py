"""Objects as a parser would make them, for tests of any store."""

from typing import Any

import msgspec

from k8sconsole.model.objects import ParsedObject
from k8sconsole.model.refs import ClusterName, Namespace, ResourceName
from k8sconsole.model.resources import BUILTIN
from k8sconsole.model.tables import find_table
from k8sconsole.store.port import WriteBatch

HERE = ClusterName("here")
THERE = ClusterName("there")
PODS = ResourceName("pods")
COLUMNS = tuple(column.name for column in find_table(next(each for each in BUILTIN if each.name == "pods")).columns)


def pod(name: str, namespace: str = "a", version: str = "1", status: str = "Running", **changes: Any) -> ParsedObject:
    content = {"metadata": {"name": name}, "spec": {"nodeName": f"node-{name}"}, "status": {"phase": status}}
    body = msgspec.json.encode(content)
    facts: dict[str, Any] = {"uid": f"uid-{namespace}-{name}", "labels": {"app": name}, "owner": "", "created_at": 100.0} | changes
    known = {"NAME": name, "READY": [1, 1], "STATUS": status, "RESTARTS": [0, None], "AGE": facts["created_at"]}
    cells = tuple(known.get(column) for column in COLUMNS)
    return ParsedObject(Namespace(namespace), name, resource_version=version, cells=cells, body=body, **facts)


def batch(*objects: ParsedObject, cluster: ClusterName = HERE, at: float = 1000.0, **facts: Any) -> WriteBatch:
    return WriteBatch(cluster, PODS, at, objects, columns=COLUMNS, **facts)
