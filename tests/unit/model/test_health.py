"""Grades of rows whose status word sounds better than their conditions are."""

from typing import Any

import msgspec
import pytest

from k8sconsole.model.tables import Health, KindTable, grade_row
from k8sconsole.model.tables.catalogue import BUILT_IN
from k8sconsole.model.tables.cells import format_cell


def _condition(kind: str, status: str) -> dict[str, str]:
    return {"type": kind, "status": status}


def _pod(*conditions: dict[str, str], gates: tuple[str, ...] = (), **status: Any) -> dict[str, Any]:
    running = {"name": "c", "ready": True, "restartCount": 0, "state": {"running": {}}}
    spec = {"containers": [{"name": "c"}], "readinessGates": [{"conditionType": gate} for gate in gates]}
    state = {"phase": "Running", "conditions": list(conditions), "containerStatuses": [running]}
    return {"metadata": {"name": "web"}, "spec": spec, "status": state | status}


def _node(*conditions: dict[str, str]) -> dict[str, Any]:
    return {"metadata": {"name": "n"}, "status": {"conditions": [_condition("Ready", "True"), *conditions]}}


def _grade(table: KindTable, obj: dict[str, Any]) -> Health:
    return grade_row(table, table.project(msgspec.json.encode(obj)).cells)


def _conditions(table: KindTable, obj: dict[str, Any]) -> str:
    at = table.index("CONDITIONS")
    assert at is not None
    return format_cell(table.columns[at], table.project(msgspec.json.encode(obj)).cells[at], 0.0)


PODS, NODES = BUILT_IN["pods"], BUILT_IN["nodes"]


def test_a_running_pod_with_an_unmet_readiness_gate_is_not_green() -> None:
    pod = _pod(_condition("Ready", "False"), _condition("example.com/lb", "False"), gates=("example.com/lb", "example.com/dns"))
    assert _grade(PODS, pod) is Health.WARN
    assert _conditions(PODS, pod) == "Ready=False,example.com/lb=False,example.com/dns=missing"


@pytest.mark.parametrize("ready", ["False", "Unknown"])
def test_a_running_pod_that_is_not_ready_is_not_green_although_its_containers_are(ready: str) -> None:
    """As every pod of a node that the control plane lost."""
    assert _grade(PODS, _pod(_condition("Ready", ready))) is Health.WARN


def test_a_narrow_table_has_the_conditions_only_where_one_contradicts_a_row() -> None:
    good, bad = (PODS.project(msgspec.json.encode(_pod(_condition("Ready", status)))).cells for status in ("True", "False"))
    assert [column.name for _, column in PODS.narrow_columns([good])] == ["NAME", "READY", "STATUS", "RESTARTS", "AGE"]
    assert [column.name for _, column in PODS.narrow_columns([good, bad])][-1] == "CONDITIONS"


def test_a_pod_whose_gates_are_met_is_green() -> None:
    pod = _pod(_condition("Ready", "True"), _condition("example.com/lb", "True"), gates=("example.com/lb",))
    assert _grade(PODS, pod) is Health.GOOD
    assert _conditions(PODS, pod) == ""


def test_a_pod_without_conditions_is_judged_by_its_containers() -> None:
    assert _grade(PODS, _pod()) is Health.GOOD


def test_a_pod_that_succeeded_is_not_marked_for_not_being_ready() -> None:
    ended = {"name": "c", "state": {"terminated": {"exitCode": 0, "reason": "Completed"}}}
    assert _grade(PODS, _pod(_condition("Ready", "False"), phase="Succeeded", containerStatuses=[ended])) is Health.DONE


@pytest.mark.parametrize("kind", ["MemoryPressure", "DiskPressure", "PIDPressure", "NetworkUnavailable"])
def test_a_ready_node_under_pressure_is_marked(kind: str) -> None:
    assert _grade(NODES, _node(_condition(kind, "True"))) is Health.WARN
    assert _conditions(NODES, _node(_condition(kind, "True"))) == kind


def test_a_node_without_pressure_is_green() -> None:
    node = _node(_condition("DiskPressure", "False"), _condition("NetworkUnavailable", "False"))
    assert _grade(NODES, node) is Health.GOOD
    assert _conditions(NODES, node) == ""


def test_custom_node_conditions_are_shown_and_not_judged() -> None:
    """KernelDeadlock=True is bad and EtcdIsVoter=True is good; nothing in the object says which."""
    node = _node(_condition("KernelDeadlock", "True"), _condition("EtcdIsVoter", "False"), _condition("Odd", "Unknown"))
    assert _grade(NODES, node) is Health.GOOD
    assert _conditions(NODES, node) == "KernelDeadlock=True,EtcdIsVoter=False,Odd=Unknown"
