"""History shows the state that kubectl showed at the time."""

import contextlib
import json
import subprocess
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.acceptance.program import COMMAND, ROOT, Program
from tests.control_plane.offered import OfferedCluster
from tests.waiting import block_until

SETTLED = 1.5
"""Seconds without any change around an instant: so long a watch may take to bring the last one."""
PATIENCE = 60.0


@contextlib.contextmanager
def _scanning(program: Program) -> Iterator[None]:
    """Runs the headless scanner, from its first complete scan of pods to the end of the block."""
    with subprocess.Popen([*COMMAND, "scan"], cwd=ROOT, env=program.env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        try:
            _wait_until_watched(program)
            yield
        finally:
            process.terminate()
            process.wait(20)


def _wait_until_watched(program: Program) -> None:
    def watched() -> bool:
        found = program.finish("cache", "status", "--json")
        scans = json.loads(found.stdout)["scans"] if found.returncode == 0 else []
        return any(state["resource"] == "pods" and state["watching"] for state in scans)

    block_until(watched)


def _written_down(offered: OfferedCluster) -> tuple[float, dict[str, Any]]:
    """Returns an instant around which nothing changed, and the pods that kubectl found then."""
    end = time.monotonic() + PATIENCE
    before = _pods(offered)
    while time.monotonic() < end:
        time.sleep(SETTLED)
        at = time.time()
        time.sleep(SETTLED / 3)
        after = _pods(offered)
        if before == after:
            return at, after
        before = after
    raise AssertionError("the pods never stood still")


def _pods(offered: OfferedCluster) -> dict[str, Any]:
    return _objects_by_name(json.loads(offered.kubectl("get", "pods", "-A", "-o", "json"))["items"])


def _objects_by_name(items: list[dict[str, Any]]) -> dict[str, Any]:
    """Objects by namespace and name, without fields that the cache never stores."""
    found = {}
    for item in items:
        item["metadata"].pop("managedFields", None)
        found[f"{item['metadata'].get('namespace')}/{item['metadata']['name']}"] = item
    return found


def _alike(shown: Any, written: Any) -> bool:
    """Whether both are equal. A masked value equals any text."""
    if isinstance(shown, dict) and isinstance(written, dict):
        return shown.keys() == written.keys() and all(_alike(shown[key], written[key]) for key in shown)
    if isinstance(shown, list) and isinstance(written, list):
        return len(shown) == len(written) and all(map(_alike, shown, written))
    return shown == written or (isinstance(shown, str) and "[masked: " in shown and isinstance(written, str))


def _as_of(program: Program, at: float) -> dict[str, Any]:
    moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at)) + f"{at % 1:.6f}"[1:] + "Z"
    found = program.json("get", "pods", "-A", "--as-of", moment, "-o", "json")
    assert found["kind"] == "List"
    assert found["freshness"]["source"] == "history"
    assert found["freshness"]["complete"] is True, found["freshness"]["missing"]
    return _objects_by_name(found["items"])


@pytest.mark.long
def test_the_pods_as_of_an_instant_are_those_that_kubectl_showed_then(offered: OfferedCluster, program: Program) -> None:
    """At four instants, after pods were created, scaled, labelled and deleted. All are queried at the end."""
    space = offered.namespace
    steps = [
        ["create", "deployment", "past", "--image=registry.example/past:1", "--replicas=3", "-n", space],
        ["scale", "deployment", "past", "--replicas=1", "-n", space],
        ["label", "pods", "--all", "seen=yes", "-n", space],
        ["delete", "deployment", "past", "-n", space],
    ]
    book: list[tuple[float, dict[str, Any]]] = []
    with _scanning(program):
        for step in steps:
            offered.kubectl(*step)
            book.append(_written_down(offered))
    assert len({json.dumps(written, sort_keys=True) for _, written in book}) == len(book), "every instant differs from the others"
    for at, written in book:
        shown = _as_of(program, at)
        assert shown.keys() == written.keys()
        assert [name for name in shown if not _alike(shown[name], written[name])] == []
