"""Pods written by hand, in the states that kubectl has words for."""

from typing import Any

import msgspec

from k8sconsole.model.refs import ApiResource
from k8sconsole.model.tables import KindTable, TableRow, find_table

PODS: KindTable = find_table(ApiResource("", "v1", "Pod", "pods", True))
ENDED = "2026-11-22T02:59:22Z"
NOW = 1_795_316_400.0
"""2026-11-22T03:00:00Z."""


def container(name: str = "web", **state: Any) -> dict[str, Any]:
    """A container status; ``last`` is the previous end, ``restarts`` how often, everything else the state itself."""
    last, restarts = state.pop("last", None), state.pop("restarts", 0)
    extra = {key: state.pop(key) for key in ("ready", "started") if key in state}
    return {"name": name, "restartCount": restarts, "state": state, "lastState": {"terminated": last} if last else {}, **extra}


def running(name: str = "web", **more: Any) -> dict[str, Any]:
    return container(name, **{"ready": True, "started": True, "running": {"startedAt": ENDED}, **more})


def waiting(reason: str, name: str = "web", **more: Any) -> dict[str, Any]:
    return container(name, waiting={"reason": reason}, **more)


def ended(code: int, reason: str = "", name: str = "web", signal: int = 0, **more: Any) -> dict[str, Any]:
    return container(name, terminated={"exitCode": code, "reason": reason, "signal": signal, "finishedAt": ENDED}, **more)


def pod(
    *statuses: dict[str, Any],
    phase: str = "Running",
    init: tuple[dict[str, Any], ...] = (),
    conditions: dict[str, str] | None = None,
    sidecars: tuple[str, ...] = (),
    containers: int | None = None,
    init_containers: tuple[str, ...] | None = None,
    deleted: bool = False,
    **status: Any,
) -> dict[str, Any]:
    """A pod whose spec has as many containers as it has statuses, unless stated otherwise."""
    wanted = len(statuses) if containers is None else containers
    first = tuple(each["name"] for each in init) if init_containers is None else init_containers
    metadata: dict[str, Any] = {"name": "p", "namespace": "shop", "uid": "u", "creationTimestamp": "2026-11-22T01:00:00Z"}
    if deleted:
        metadata["deletionTimestamp"] = ENDED
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata,
        "spec": {
            "nodeName": "node-1",
            "containers": [{"name": f"c{at}", "image": f"image:{at}"} for at in range(wanted)],
            "initContainers": [
                {"name": name, "image": "init:1", **({"restartPolicy": "Always"} if name in sidecars else {})} for name in first
            ],
        },
        "status": {
            "phase": phase,
            "initContainerStatuses": list(init),
            "containerStatuses": list(statuses),
            "conditions": [{"type": kind, "status": value} for kind, value in (conditions or {}).items()],
            **status,
        },
    }


def projected(obj: Any, table: KindTable = PODS) -> TableRow:
    return table.project(msgspec.json.encode(obj))


def cell(obj: Any, column: str, table: KindTable = PODS) -> Any:
    at = table.index(column)
    assert at is not None, column
    return projected(obj, table).cells[at]
