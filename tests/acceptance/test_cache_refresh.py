"""``cache refresh`` and its tool, for a kind, a namespace and one object."""

import json
from typing import Any

import pytest

from tests.acceptance.program import Program
from tests.control_plane.offered import OfferedCluster


class RefreshSetup:
    """The program on the demo cluster with two config maps that are in the cache."""

    def __init__(self, program: Program, cluster: OfferedCluster) -> None:
        self.program, self.cluster, self.space = program, cluster, cluster.namespace

    def kubectl(self, *words: str) -> None:
        self.cluster.kubectl(*words, "-n", self.space)

    def cached_data(self) -> dict[str, Any]:
        rows = self.program.json("get", "cm", "-n", self.space, "-o", "json")["items"]
        return {row["metadata"]["name"]: row.get("data") for row in rows if row["metadata"]["name"] != "kube-root-ca.crt"}

    def tool(self, *pairs: str) -> Any:
        return json.loads(self.program.run("tools", "call", "cache_refresh", *pairs, "--json"))


@pytest.fixture
def setup(demo_cluster: OfferedCluster, program_on: Any) -> RefreshSetup:
    made = RefreshSetup(program_on(demo_cluster), demo_cluster)
    for name in ("one", "other"):
        made.kubectl("create", "configmap", name, "--from-literal=a=1")
    made.program.run("cache", "refresh", "configmaps,namespaces")
    return made


def test_a_refresh_of_one_object_reads_nothing_else(setup: RefreshSetup) -> None:
    for name in ("one", "other"):
        setup.kubectl("patch", "configmap", name, "--type=merge", "-p", '{"data": {"a": "2"}}')
    shown = setup.program.run("cache", "refresh", "cm", "one", "-n", setup.space)
    assert f"configmaps one in {setup.space} refreshed" in shown
    assert "1 changed" in shown
    assert setup.cached_data() == {"one": {"a": "2"}, "other": {"a": "1"}}
    assert "modified" in setup.program.run("history", "cm", "one", "-n", setup.space)


def test_a_deleted_object_leaves_the_cache_and_its_history_says_when(setup: RefreshSetup) -> None:
    setup.kubectl("delete", "configmap", "one")
    found = setup.tool("kind=cm", "name=one", f"namespace={setup.space}")
    (read,) = found["data"]["kinds"]
    assert (read["name"], read["namespace"], read["objects"], read["deleted"]) == ("one", setup.space, 0, 1)
    assert found["freshness"]["source"] == "live"
    assert setup.cached_data() == {"other": {"a": "1"}}
    assert "deleted" in setup.program.run("history", "cm", "one", "-n", setup.space)


def test_a_namespace_is_read_again_in_all_its_kinds(setup: RefreshSetup) -> None:
    setup.kubectl("delete", "configmap", "one")
    setup.kubectl("create", "configmap", "fresh", "--from-literal=a=1")
    setup.kubectl("create", "secret", "generic", "fresh", "--from-literal=a=1")
    kinds = {read["kind"]: read for read in setup.tool(f"namespace={setup.space}")["data"]["kinds"]}
    assert (kinds["configmaps"]["added"], kinds["configmaps"]["deleted"]) == (1, 1)
    assert kinds["secrets"]["added"] == 1
    assert "nodes" not in kinds
    assert setup.cached_data().keys() == {"other", "fresh"}


def test_an_unknown_object_is_an_error_with_the_nearest_names(setup: RefreshSetup) -> None:
    done = setup.program.finish("cache", "refresh", "cm", "othr", "-n", setup.space)
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
