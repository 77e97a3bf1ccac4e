"""``cache refresh`` and its tool, for a kind, a namespace and one object."""

import json
from typing import Any

import pytest

from tests.acceptance.program import Program
from tests.control_plane.offered import OfferedCluster


class Desk:
    """The program on the demo cluster, its config maps read once."""

    def __init__(self, program: Program, cluster: OfferedCluster) -> None:
        self.program, self.cluster, self.space = program, cluster, cluster.namespace

    def kubectl(self, *words: str) -> None:
        self.cluster.kubectl(*words, "-n", self.space)

    def kept(self) -> dict[str, Any]:
        rows = self.program.json("get", "cm", "-n", self.space, "-o", "json")["items"]
        return {row["metadata"]["name"]: row.get("data") for row in rows if row["metadata"]["name"] != "kube-root-ca.crt"}

    def tool(self, *pairs: str) -> Any:
        return json.loads(self.program.run("tools", "call", "cache_refresh", *pairs, "--json"))


@pytest.fixture
def desk(demo_cluster: OfferedCluster, program_on: Any) -> Desk:
    made = Desk(program_on(demo_cluster), demo_cluster)
    for name in ("one", "other"):
        made.kubectl("create", "configmap", name, "--from-literal=a=1")
    made.program.run("cache", "refresh", "configmaps,namespaces")
    return made


def test_a_refresh_of_one_object_reads_nothing_else(desk: Desk) -> None:
    for name in ("one", "other"):
        desk.kubectl("patch", "configmap", name, "--type=merge", "-p", '{"data": {"a": "2"}}')
    shown = desk.program.run("cache", "refresh", "cm", "one", "-n", desk.space)
    assert f"configmaps one in {desk.space} refreshed" in shown
    assert "1 changed" in shown
    assert desk.kept() == {"one": {"a": "2"}, "other": {"a": "1"}}
    assert "modified" in desk.program.run("history", "cm", "one", "-n", desk.space)


def test_a_deleted_object_leaves_the_cache_and_its_history_says_when(desk: Desk) -> None:
    desk.kubectl("delete", "configmap", "one")
    found = desk.tool("kind=cm", "name=one", f"namespace={desk.space}")
    (read,) = found["data"]["kinds"]
    assert (read["name"], read["namespace"], read["objects"], read["deleted"]) == ("one", desk.space, 0, 1)
    assert found["freshness"]["source"] == "live"
    assert desk.kept() == {"other": {"a": "1"}}
    assert "deleted" in desk.program.run("history", "cm", "one", "-n", desk.space)


def test_a_namespace_is_read_again_in_all_its_kinds(desk: Desk) -> None:
    desk.kubectl("delete", "configmap", "one")
    desk.kubectl("create", "configmap", "fresh", "--from-literal=a=1")
    desk.kubectl("create", "secret", "generic", "fresh", "--from-literal=a=1")
    kinds = {read["kind"]: read for read in desk.tool(f"namespace={desk.space}")["data"]["kinds"]}
    assert (kinds["configmaps"]["added"], kinds["configmaps"]["deleted"]) == (1, 1)
    assert kinds["secrets"]["added"] == 1
    assert "nodes" not in kinds
    assert desk.kept().keys() == {"other", "fresh"}


def test_an_unknown_object_is_an_error_with_the_nearest_names(desk: Desk) -> None:
    done = desk.program.finish("cache", "refresh", "cm", "othr", "-n", desk.space)
    assert done.returncode == 1
    assert "othr" in done.stderr
    assert "other" in done.stderr


@pytest.mark.parametrize(
    ("pairs", "parameter"), [(("name=one",), "kind"), (("kind=nodes", "namespace=default"), "namespace"), (("kind=podz",), "kind")]
)
def test_arguments_that_contradict_each_other_are_refused_with_the_name_of_the_parameter(
    demo_cluster: OfferedCluster, program_on: Any, pairs: tuple[str, ...], parameter: str
) -> None:
    done = program_on(demo_cluster).finish("tools", "call", "cache_refresh", *pairs, "--json")
    assert done.returncode == 2
    assert json.loads(done.stdout)["error"]["details"]["parameter"] == parameter
