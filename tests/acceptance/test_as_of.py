"""The past as the program tells it is what another reader wrote down at the time."""

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
    """The headless scanner, from its first complete look until it is told to end."""
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
    """An instant around which nothing changed, and the pods that there were, by an independent reader."""
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
    return _told(json.loads(offered.kubectl("get", "pods", "-A", "-o", "json"))["items"])


def _told(items: list[dict[str, Any]]) -> dict[str, Any]:
    """By namespace and name, without what the cache never keeps."""
    found = {}
    for item in items:
        item["metadata"].pop("managedFields", None)
        found[f"{item['metadata'].get('namespace')}/{item['metadata']['name']}"] = item
    return found


def _alike(told: Any, written: Any) -> bool:
    """Equal, where a masked value stands for any text."""
    if isinstance(told, dict) and isinstance(written, dict):
        return told.keys() == written.keys() and all(_alike(told[key], written[key]) for key in told)
    if isinstance(told, list) and isinstance(written, list):
        return len(told) == len(written) and all(map(_alike, told, written))
    return told == written or (isinstance(told, str) and "[masked: " in told and isinstance(written, str))


def _as_of(program: Program, at: float) -> dict[str, Any]:
    moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at)) + f"{at % 1:.6f}"[1:] + "Z"
    found = program.json("get", "pods", "-A", "--as-of", moment, "-o", "json")
    assert found["kind"] == "List"
    assert found["freshness"]["source"] == "history"
    assert found["freshness"]["complete"] is True, found["freshness"]["missing"]
    return _told(found["items"])


@pytest.mark.long
def test_the_pods_as_of_an_instant_are_those_that_another_reader_wrote_down_then(offered: OfferedCluster, program: Program) -> None:
    """Four instants of a run in which pods come, are scaled, are labelled and go; asked when all of it is over."""
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
        told = _as_of(program, at)
        assert told.keys() == written.keys()
        assert [name for name in told if not _alike(told[name], written[name])] == []
