"""What the scanner counts is what kubectl counts, kind by kind."""

from tests.acceptance.kubectl_counts import Counts, find_differences
from tests.acceptance.program import Program
from tests.control_plane.offered import OfferedCluster


def _create_pods(offered: OfferedCluster) -> None:
    """Three pods, so that an empty cluster has rows too."""
    offered.kubectl("create", "deployment", "counted", "--image=registry.example/counted:1", "--replicas=3", "-n", offered.namespace)
    offered.kubectl("rollout", "status", "deployment/counted", "-n", offered.namespace, "--timeout=60s", timeout=90)


def test_every_listable_kind_is_scanned_and_counts_as_many_objects_as_kubectl_finds(offered: OfferedCluster, program: Program) -> None:
    _create_pods(offered)

    def scanned() -> Counts:
        (report,) = program.json("scan", "--once", "--json")
        assert not report["missing"]
        assert [kind["error"] for kind in report["kinds"] if kind["error"]] == []
        found = {kind["resource"]: kind["objects"] for kind in report["kinds"]}
        assert found["pods"] >= 3
        return found

    assert find_differences(offered, scanned) == {}


def test_the_cache_lists_exactly_the_scanned_objects(offered: OfferedCluster, program: Program) -> None:
    (report,) = program.json("scan", "--once", "--json")
    scanned = {kind["resource"]: kind["objects"] for kind in report["kinds"]}
    kept = program.json("cache", "status", "--json")
    assert {state["resource"]: state["record_count"] for state in kept["scans"]} == scanned
    assert kept["store"]["objects"] == sum(scanned.values())
    assert len(program.json("get", "nodes", "-o", "json")["items"]) == scanned["nodes"]
