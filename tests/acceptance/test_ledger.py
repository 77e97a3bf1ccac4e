"""The cache and its history, compared with a record of all changes, while servers and scanners are killed."""

import contextlib
import json
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.cache_file import query_cache
from tests.acceptance.change_writer import CONFIG_MAPS, CRON_TABS, DEFINITION, Entry, Writer
from tests.acceptance.program import COMMAND, ROOT, Program
from tests.control_plane.fixtures import OwnControlPlane
from tests.control_plane.plane import ControlPlane, Options
from tests.waiting import block_until

CHANGES = int(os.environ.get("K8SCONSOLE_LEDGER_CHANGES", "1600"))
"""20 000 make the full run: ``K8SCONSOLE_LEDGER_CHANGES=20000 make test-all ARGS=tests/acceptance/test_ledger.py``."""
WRITERS = 4
SPACE = "ledger"
PATIENCE = 120.0
SLOWEST = PATIENCE + CHANGES / 20
EDGE = 1.0
"""Seconds by which the times of a change and of a gap may be off."""
KINDS = (CONFIG_MAPS, CRON_TABS)
TROUBLES = {0.2: "server", 0.35: "scanner", 0.5: "server", 0.65: "scanner", 0.8: "server"}
INSTANTS = (0.05, 0.12, 0.25, 0.3, 0.42, 0.46, 0.58, 0.72, 0.86, 0.95)
"""Parts of the changes after which the writers rest, and kubectl writes down what there is."""
Instants = list[tuple[float, str, dict[str, Any]]]
"""(seconds since the epoch, kind, what kubectl wrote down then)."""


class Scanner:
    """``k8sconsole scan``, which may be killed and begun again."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._begin()

    def _begin(self) -> None:
        log = (self._program.folder / "scan.log").open("ab")
        self._process = subprocess.Popen([*COMMAND, "scan"], cwd=ROOT, env=self._program.env, stdout=log, stderr=log)

    def killed(self, pause: float = 1.0) -> None:
        self._process.kill()
        self._process.wait()
        time.sleep(pause)
        self._begin()

    def end(self) -> None:
        self._process.terminate()
        self._process.wait(30)


@pytest.fixture
def plane(own_control_plane: OwnControlPlane) -> ControlPlane:
    """An API server that forgets its past every ten seconds."""
    flags = ("--etcd-compaction-interval=10s", "--max-requests-inflight=2000")
    made = own_control_plane(Options(name="ledger", nodes=0, controllers=False, scheduler=False, kwok=False, apiserver_flags=flags))
    made.kubectl("apply", "-f", "-", stdin=json.dumps(DEFINITION))
    made.kubectl("wait", "--for=condition=Established", f"crd/{CRON_TABS}", "--timeout=30s")
    made.create_namespace(SPACE)
    return made


@pytest.mark.real
@pytest.mark.long
def test_every_observable_version_is_stored_and_the_others_lie_in_a_gap(plane: ControlPlane, tmp_path: Path) -> None:
    program = Program(tmp_path / "program", plane.kubeconfig)
    with _scanning(program) as scanner:
        book, instants = _written(program, plane, scanner)
        _wait_until_equal(program, plane)
        lost = _not_kept(program.cache, book)
        gaps = _gaps(program, book[0].sent)
    unexplained = [entry for entry in lost if not any(_covers(gap, entry) for gap in gaps)]
    print(f"{len(book)} changes, {len(lost)} of them in {len(gaps)} gaps, {len(unexplained)} unexplained")
    assert unexplained == []
    assert len(instants) == len(INSTANTS) * len(KINDS)
    for at, kind, written in instants:
        assert _objects_by_name(program.run("get", kind, "-A", "--as-of", _moment(at), "-o", "json")) == written, (kind, at)
    # How much falls into the gaps depends on how long a restart takes on this machine; that much was seen proves that something was tried.
    assert len(book) - len(lost) > len(book) / 5, "enough of it could be seen"


@contextlib.contextmanager
def _scanning(program: Program) -> Iterator[Scanner]:
    scanner = Scanner(program)
    try:
        block_until(lambda: _watched(program.cache) >= set(KINDS), SLOWEST)
        yield scanner
    finally:
        scanner.end()


def _written(program: Program, plane: ControlPlane, scanner: Scanner) -> tuple[list[Entry], Instants]:
    """Three times without a server, twice without a scanner; ten times everything rests, and kubectl writes down what there is."""
    writers = [Writer(plane, SPACE, number, CHANGES // WRITERS) for number in range(WRITERS)]
    threads = [writer.start() for writer in writers]
    instants: Instants = []
    for part in sorted((*TROUBLES, *INSTANTS)):
        block_until(lambda part=part: sum(len(one.book) for one in writers) >= CHANGES * part * 0.9, SLOWEST)
        if part in INSTANTS:
            instants += _instant(program, plane, writers, f"mark-{part}")
        elif TROUBLES[part] == "server":
            plane.stop_apiserver()
            time.sleep(1.0)
            plane.start_apiserver()
        else:
            scanner.killed()
    for thread in threads:
        thread.join(SLOWEST)
    assert [writer.problem for writer in writers if writer.problem] == []
    return sorted((entry for writer in writers for entry in writer.book), key=lambda entry: entry.sent), instants


def _instant(program: Program, plane: ControlPlane, writers: list[Writer], mark: str) -> Instants:
    """While all writers rest. A mark of each kind that has reached the cache shows that all before it have."""
    for writer in writers:
        writer.pause()
    for version, kind in (("v1", "ConfigMap"), ("stable.example.com/v1", "CronTab")):
        body = {"apiVersion": version, "kind": kind, "metadata": {"name": mark, "namespace": SPACE}}
        plane.kubectl("apply", "-f", "-", stdin=json.dumps(body))
    marked = f"SELECT count(*) FROM objects WHERE name = '{mark}'"
    block_until(lambda: query_cache(program.cache, marked) == [(len(KINDS),)], SLOWEST)
    time.sleep(0.2)
    at = time.time()
    written = [(at, kind, _objects_by_name(plane.kubectl("get", kind, "-A", "-o", "json"))) for kind in KINDS]
    time.sleep(0.2)
    for writer in writers:
        writer.resume()
    return written


def _moment(at: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at)) + f"{at % 1:.6f}"[1:] + "Z"


def _wait_until_equal(program: Program, plane: ControlPlane) -> None:
    """Row for row: identity, version and content."""
    for kind in KINDS:
        there = _objects_by_name(plane.kubectl("get", kind, "-A", "-o", "json"))
        block_until(lambda there=there, kind=kind: _objects_by_name(program.run("get", kind, "-A", "-o", "json")) == there, SLOWEST)


def _objects_by_name(printed: str) -> dict[str, Any]:
    items = json.loads(printed)["items"]
    for item in items:
        item["metadata"].pop("managedFields", None)
    return {f"{item['metadata']['namespace']}/{item['metadata']['name']}": item for item in items}


def _not_kept(cache: Path, book: list[Entry]) -> list[Entry]:
    of_life = "FROM versions v JOIN lives l ON l.id = v.life_id"
    states = {
        *query_cache(cache, f"SELECT l.uid, CAST(v.resource_version AS TEXT) {of_life} WHERE v.change < 3"),
        *query_cache(cache, f"SELECT l.uid, CAST(v.state_version AS TEXT) {of_life} WHERE v.began NOT NULL"),
        *query_cache(cache, "SELECT uid, resource_version FROM objects"),
    }
    ends = {uid for (uid,) in query_cache(cache, f"SELECT l.uid {of_life} WHERE v.change = 3")}
    return [one for one in book if not (one.uid in ends if one.change == "deleted" else (one.uid, one.version) in states)]


def _gaps(program: Program, since: float) -> list[dict[str, Any]]:
    moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(since - 1))
    return [gap for kind in KINDS for gap in program.json("diff", kind, "-n", SPACE, "--from", moment, "-o", "json")["gaps"]]


def _covers(gap: dict[str, Any], entry: Entry) -> bool:
    began = _seconds(gap["from"]) if gap["from"] else 0.0
    ended = _seconds(gap["to"]) if gap["to"] else time.time()
    return gap["kind"] == entry.resource and began - EDGE <= entry.answered and entry.sent <= ended + EDGE


def _seconds(text: str) -> float:
    from datetime import datetime

    return datetime.fromisoformat(text).timestamp()


def _watched(cache: Path) -> set[str]:
    return {resource for (resource,) in query_cache(cache, "SELECT resource FROM kinds WHERE watching")}
