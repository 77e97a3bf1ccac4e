"""What the scanner counts is what kubectl counts, kind by kind."""

from concurrent.futures import ThreadPoolExecutor

from tests.acceptance.program import Program
from tests.control_plane.offered import OfferedCluster

AT_ONCE = 3
SHOWN_TWICE = {"events.events.k8s.io": "events"}
"""Kinds that are another name for the same objects in the same store: reading both would count every event twice."""


def _kinds(offered: OfferedCluster) -> list[str]:
    return sorted(set(offered.kubectl("api-resources", "--verbs=list", "-o", "name").split()) - set(SHOWN_TWICE))


def _make_something(offered: OfferedCluster) -> None:
    """Three pods, so that an empty cluster has rows too."""
    offered.kubectl("create", "deployment", "counted", "--image=registry.example/counted:1", "--replicas=3", "-n", offered.namespace)
    offered.kubectl("rollout", "status", "deployment/counted", "-n", offered.namespace, "--timeout=60s", timeout=90)


def _counts(offered: OfferedCluster, kinds: list[str]) -> dict[str, int]:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        names = pool.map(lambda kind: offered.kubectl("get", kind, "-A", "-o", "name", "--ignore-not-found"), kinds)
        return {kind: len(found.split()) for kind, found in zip(kinds, names, strict=True)}


def test_every_listable_kind_is_scanned_and_counts_as_many_objects_as_kubectl_finds(offered: OfferedCluster, program: Program) -> None:
    _make_something(offered)
    kinds = _kinds(offered)
    before = _counts(offered, kinds)
    (report,) = program.json("scan", "--once", "--json")
    assert not report["missing"]
    assert [kind["error"] for kind in report["kinds"] if kind["error"]] == []
    scanned = {kind["resource"]: kind["objects"] for kind in report["kinds"]}
    assert sorted(scanned) == kinds
    assert scanned["pods"] >= 3
    # What moved by itself meanwhile is counted again: the scan lies between the two.
    moved = [kind for kind in kinds if scanned[kind] != before[kind]]
    after = _counts(offered, moved)
    wrong = {kind: (before[kind], scanned[kind], after[kind]) for kind in moved if not _between(before[kind], scanned[kind], after[kind])}
    assert wrong == {}


def _between(before: int, scanned: int, after: int) -> bool:
    return min(before, after) <= scanned <= max(before, after)


def test_what_was_scanned_is_what_the_cache_lists_and_says_so(offered: OfferedCluster, program: Program) -> None:
    (report,) = program.json("scan", "--once", "--json")
    scanned = {kind["resource"]: kind["objects"] for kind in report["kinds"]}
    kept = program.json("cache", "status", "--json")
    assert {state["resource"]: state["record_count"] for state in kept["scans"]} == scanned
    assert kept["store"]["objects"] == sum(scanned.values())
    assert len(program.json("get", "nodes", "-o", "json")["items"]) == scanned["nodes"]
