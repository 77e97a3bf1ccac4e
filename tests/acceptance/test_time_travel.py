"""``history``, ``diff`` and ``get --as-of`` after three changes with a scan after each."""

import contextlib
import json
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from k8sconsole.demo.server import DemoCluster
from tests.acceptance.conftest import offer_demo
from tests.acceptance.program import Program
from tests.control_plane.offered import OfferedCluster


class PastRun:
    """The program after a run. ``times`` are before, between and after the scans, as a user writes them."""

    def __init__(self, program: Program, cluster: OfferedCluster, times: list[str]) -> None:
        self.program = program
        self.space = cluster.namespace
        self.context = cluster.context
        self.times = times

    def of(self, *arguments: str) -> tuple[str, str]:
        """Runs a command that must succeed. Returns stdout and stderr."""
        done = self.program.finish(*arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout, done.stderr

    def json(self, *arguments: str) -> Any:
        return json.loads(self.of(*arguments, "-o", "json")[0])


@pytest.fixture(scope="module")
def past(demo: DemoCluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PastRun]:
    """A config map that is made, changed and deleted, with a scan of config maps before it all and after each."""
    with contextlib.contextmanager(offer_demo)(demo) as cluster:
        yield _live_through(Program(tmp_path_factory.mktemp("notes"), cluster.kubeconfig), cluster)


def _live_through(program: Program, cluster: OfferedCluster) -> PastRun:
    space = cluster.namespace
    program.run("cache", "refresh", "configmaps,namespaces")
    times = [_now()]
    for step in (
        ("create", "configmap", "notes", "--from-literal=a=1", "--from-literal=b=x"),
        ("patch", "configmap", "notes", "--type=merge", "-p", json.dumps({"data": {"a": "2", "b": None}})),
        ("delete", "configmap", "notes"),
    ):
        cluster.kubectl(*step, "-n", space)
        program.run("cache", "refresh", "configmaps,namespaces")
        times.append(_now())
    return PastRun(program, cluster, times)


def _now() -> str:
    """A moment strictly between what happened before and what happens next."""
    time.sleep(0.01)
    now = time.time()
    time.sleep(0.01)
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(now)) + f"{now % 1:.6f}"[1:]


def test_history_shows_each_version_with_what_it_changed(past: PastRun) -> None:
    table, notes = past.of("history", "cm", "notes", "-n", past.space)
    lines = [line for line in table.splitlines() if "gap" not in line]
    assert lines[0].split() == ["WHEN", "CHANGE", "BY", "WHAT"]
    assert [line.split()[2] for line in lines[1:] if re.match(r"\d{4}-", line)] == ["added", "modified", "deleted"]
    assert "data.a: 1 → 2" in table
    assert "data.b: - x" in table
    assert "3 versions of configmaps" in notes


def test_history_is_json_as_promised(past: PastRun) -> None:
    found = past.json("history", "cm", "notes", "-n", past.space)
    assert list(found) == ["object", "versions", "gaps"]
    assert found["object"] == {"context": past.context, "kind": "configmaps", "namespace": past.space, "name": "notes"}
    assert all(list(one)[:5] == ["resource_version", "observed_at", "change", "by", "diff"] for one in found["versions"])
    assert found["versions"][1]["diff"] == [{"path": "data.a", "old": "1", "new": "2"}, {"path": "data.b", "old": "x"}]
    assert all(list(gap) == ["context", "kind", "from", "to", "reason"] for gap in found["gaps"])
    assert yaml.safe_load(past.of("history", "cm", "notes", "-n", past.space, "-o", "yaml")[0]) == found
    window = past.json("history", "cm", "notes", "-n", past.space, "--since", past.times[1], "--until", past.times[2])
    assert [one["change"] for one in window["versions"]] == ["modified"]
    assert window["versions"][0]["diff"] == found["versions"][1]["diff"]


def test_the_time_between_two_scans_is_shown_as_a_gap(past: PastRun) -> None:
    found = past.json("history", "cm", "notes", "-n", past.space)
    between = [gap for gap in found["gaps"] if gap["from"] and gap["from"] > found["versions"][0]["observed_at"]]
    assert between, "single scans leave gaps between them"
    table, notes = past.of("history", "cm", "notes", "-n", past.space)
    assert re.search(r"gap +not watched until", table)
    assert "missing: " in notes


def test_get_as_of_shows_objects_that_were_changed_or_deleted_since(past: PastRun) -> None:
    for at, data in zip(past.times[1:3], ({"a": "1", "b": "x"}, {"a": "2"}), strict=True):
        found = past.json("get", "cm", "notes", "-n", past.space, "--as-of", at)
        assert found["data"] == data
        assert found["freshness"]["source"] == "history"
    listed = past.json("get", "cm", "-n", past.space, "--as-of", past.times[2])
    assert listed["kind"] == "List"
    assert "notes" in {item["metadata"]["name"] for item in listed["items"]}
    table, notes = past.of("get", "cm", "-n", past.space, "--as-of", past.times[2])
    assert re.search(r"^notes +1 ", table, re.M)
    assert f"history, as of {past.times[2][:19]}" in notes
    assert "notes" not in past.of("get", "cm", "-n", past.space, "--as-of", past.times[3])[0]


def test_an_object_that_did_not_exist_then_is_an_error_that_says_when_it_did(past: PastRun) -> None:
    done = past.program.finish("get", "cm", "notes", "-n", past.space, "--as-of", past.times[3])
    assert done.returncode == 1
    assert "it was deleted at" in done.stderr
    done = past.program.finish("history", "cm", "nots", "-n", past.space)
    assert done.returncode == 1
    assert "(try: notes)" in done.stderr


def test_diff_shows_what_changed_between_two_moments(past: PastRun) -> None:
    table, notes = past.of("diff", "cm", "-n", past.space, "--from", past.times[1], "--to", past.times[2])
    assert re.search(rf"modified +configmaps {past.space}/notes +1 .* data.a: 1 → 2\n +data.b: - x\n", table)
    assert "1 objects differ" in notes
    assert "missing: " in notes, "between the two scans the cluster was not watched"
    found = past.json("diff", "cm", "notes", "-n", past.space, "--from", past.times[0])
    assert (found["items"], found["passing"]) == ([], 1)
    assert found["gaps"]
    by_field = past.json("diff", "-A", "--field", "data.a", "--from", past.times[1], "--to", past.times[2])
    assert [one["diff"] for one in by_field["items"] if one["name"] == "notes"] == [[{"path": "data.a", "old": "1", "new": "2"}]]


def test_an_impossible_time_is_refused_with_the_accepted_forms(past: PastRun) -> None:
    for arguments in (
        ("get", "pods", "--as-of", "soon"),
        ("get", "pods", "--as-of", "2999-01-01"),
        ("get", "pods", "--as-of", "-1m", "--live"),
        ("history", "cm", "notes", "--since", "later"),
        ("diff", "--from", "-1h", "--to", "-2h"),
    ):
        done = past.program.finish(*arguments)
        assert done.returncode == 2, arguments
        assert done.stderr.startswith("error: ")
        assert "yesterday 14:00" in done.stderr or "--live" in arguments or "after" in done.stderr


def test_a_history_tool_called_from_the_shell_answers_as_the_command_does(past: PastRun) -> None:
    found = json.loads(past.of("tools", "call", "history_list_versions", "kind=cm", "name=notes", f"namespace={past.space}", "--json")[0])
    assert found["data"] == past.json("history", "cm", "notes", "-n", past.space)


def test_a_refresh_of_one_namespace_reads_that_and_leaves_the_rest_as_it_was(demo_cluster: OfferedCluster, program_on: Any) -> None:
    program, space = program_on(demo_cluster), demo_cluster.namespace
    program.run("cache", "refresh", "configmaps")
    cached = "SELECT namespace, name FROM objects JOIN kinds k ON k.id = kind_id WHERE resource = 'configmaps'"
    before = program.json("cache", "query", cached, "--json")
    for where in (space, "default"):
        demo_cluster.kubectl("create", "configmap", "fresh", "--from-literal=a=1", "-n", where)
    program.run("cache", "refresh", "configmaps", "-n", space)
    after = program.json("cache", "query", cached, "--json")
    assert [row for row in after if row not in before] == [{"namespace": space, "name": "fresh"}]
    assert [row for row in before if row not in after] == []
