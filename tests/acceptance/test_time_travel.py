"""``history``, ``diff`` and ``get --as-of``, as somebody types them after three changes and two scans between them."""

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


class Told:
    """The program after a run; ``times`` are before, between and after the scans, as a person would write them."""

    def __init__(self, program: Program, cluster: OfferedCluster, times: list[str]) -> None:
        self.program = program
        self.space = cluster.namespace
        self.context = cluster.context
        self.times = times

    def of(self, *arguments: str) -> tuple[str, str]:
        """stdout and stderr of a command that ends well."""
        done = self.program.finish(*arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout, done.stderr

    def json(self, *arguments: str) -> Any:
        return json.loads(self.of(*arguments, "-o", "json")[0])


@pytest.fixture(scope="module")
def told(demo: DemoCluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """A config map that is made, changed and deleted, with a scan of config maps before it all and after each."""
    with contextlib.contextmanager(offer_demo)(demo) as cluster:
        yield _live_through(Program(tmp_path_factory.mktemp("told"), cluster.kubeconfig), cluster)


def _live_through(program: Program, cluster: OfferedCluster) -> Told:
    space = cluster.namespace
    program.run("cache", "refresh", "configmaps,namespaces")
    times = [_now()]
    for step in (
        ("create", "configmap", "told", "--from-literal=a=1", "--from-literal=b=x"),
        ("patch", "configmap", "told", "--type=merge", "-p", json.dumps({"data": {"a": "2", "b": None}})),
        ("delete", "configmap", "told"),
    ):
        cluster.kubectl(*step, "-n", space)
        program.run("cache", "refresh", "configmaps,namespaces")
        times.append(_now())
    return Told(program, cluster, times)


def _now() -> str:
    """A moment strictly between what happened before and what happens next."""
    time.sleep(0.01)
    now = time.time()
    time.sleep(0.01)
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(now)) + f"{now % 1:.6f}"[1:]


def test_history_shows_each_version_with_what_it_changed(told: Told) -> None:
    table, beside = told.of("history", "cm", "told", "-n", told.space)
    lines = [line for line in table.splitlines() if "gap" not in line]
    assert lines[0].split() == ["WHEN", "CHANGE", "BY", "WHAT"]
    assert [line.split()[2] for line in lines[1:] if re.match(r"\d{4}-", line)] == ["added", "modified", "deleted"]
    assert "data.a: 1 → 2" in table
    assert "data.b: - x" in table
    assert "3 versions of configmaps" in beside


def test_history_is_json_as_promised(told: Told) -> None:
    found = told.json("history", "cm", "told", "-n", told.space)
    assert list(found) == ["object", "versions", "gaps"]
    assert found["object"] == {"context": told.context, "kind": "configmaps", "namespace": told.space, "name": "told"}
    assert all(list(one) == ["resource_version", "observed_at", "change", "by", "diff"] for one in found["versions"])
    assert found["versions"][1]["diff"] == [{"path": "data.a", "old": "1", "new": "2"}, {"path": "data.b", "old": "x"}]
    assert all(list(gap) == ["context", "kind", "from", "to", "reason"] for gap in found["gaps"])
    assert yaml.safe_load(told.of("history", "cm", "told", "-n", told.space, "-o", "yaml")[0]) == found
    window = told.json("history", "cm", "told", "-n", told.space, "--since", told.times[1], "--until", told.times[2])
    assert [one["change"] for one in window["versions"]] == ["modified"]
    assert window["versions"][0]["diff"] == found["versions"][1]["diff"]


def test_nobody_watching_between_two_scans_is_a_gap_and_said(told: Told) -> None:
    found = told.json("history", "cm", "told", "-n", told.space)
    between = [gap for gap in found["gaps"] if gap["from"] and gap["from"] > found["versions"][0]["observed_at"]]
    assert between, "single scans leave gaps between them"
    table, beside = told.of("history", "cm", "told", "-n", told.space)
    assert re.search(r"gap +not watched until", table)
    assert "missing: " in beside


def test_get_as_of_shows_what_was_and_what_has_gone_since(told: Told) -> None:
    for at, data in zip(told.times[1:3], ({"a": "1", "b": "x"}, {"a": "2"}), strict=True):
        found = told.json("get", "cm", "told", "-n", told.space, "--as-of", at)
        assert found["data"] == data
        assert found["freshness"]["source"] == "history"
    listed = told.json("get", "cm", "-n", told.space, "--as-of", told.times[2])
    assert listed["kind"] == "List"
    assert "told" in {item["metadata"]["name"] for item in listed["items"]}
    table, beside = told.of("get", "cm", "-n", told.space, "--as-of", told.times[2])
    assert re.search(r"^told +1 ", table, re.M)
    assert f"history, as of {told.times[2][:19]}" in beside
    assert "told" not in told.of("get", "cm", "-n", told.space, "--as-of", told.times[3])[0]


def test_what_was_not_there_says_when_it_was(told: Told) -> None:
    done = told.program.finish("get", "cm", "told", "-n", told.space, "--as-of", told.times[3])
    assert done.returncode == 1
    assert "it was deleted at" in done.stderr
    done = told.program.finish("history", "cm", "tolt", "-n", told.space)
    assert done.returncode == 1
    assert "(try: told)" in done.stderr


def test_diff_tells_what_two_moments_differ_in(told: Told) -> None:
    table, beside = told.of("diff", "cm", "-n", told.space, "--from", told.times[1], "--to", told.times[2])
    assert re.search(rf"modified +configmaps {told.space}/told +1 .* data.a: 1 → 2\n +data.b: - x\n", table)
    assert "1 objects differ" in beside
    assert "missing: " in beside, "nobody watched between the two scans"
    found = told.json("diff", "cm", "told", "-n", told.space, "--from", told.times[0])
    assert (found["items"], found["passing"]) == ([], 1)
    assert found["gaps"]
    by_field = told.json("diff", "--field", "data.a", "--from", told.times[1], "--to", told.times[2])
    assert [one["diff"] for one in by_field["items"] if one["name"] == "told"] == [[{"path": "data.a", "old": "1", "new": "2"}]]


def test_a_time_that_cannot_be_is_refused_with_what_is_accepted(told: Told) -> None:
    for arguments in (
        ("get", "pods", "--as-of", "soon"),
        ("get", "pods", "--as-of", "2999-01-01"),
        ("get", "pods", "--as-of", "-1m", "--live"),
        ("history", "cm", "told", "--since", "later"),
        ("diff", "--from", "-1h", "--to", "-2h"),
    ):
        done = told.program.finish(*arguments)
        assert done.returncode == 2, arguments
        assert done.stderr.startswith("error: ")
        assert "yesterday 14:00" in done.stderr or "--live" in arguments or "after" in done.stderr


def test_a_tool_of_the_past_answers_from_the_shell_as_the_command_does(told: Told) -> None:
    found = json.loads(told.of("tools", "call", "history_list_versions", "kind=cm", "name=told", f"namespace={told.space}", "--json")[0])
    assert found["data"] == told.json("history", "cm", "told", "-n", told.space)


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
