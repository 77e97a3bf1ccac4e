"""Several clusters in one cache: each is scanned completely, and one that fails does not affect the others."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.change_writer import DEFINITION
from tests.acceptance.kubectl_counts import Counts, count_objects, find_differences, list_kinds
from tests.acceptance.program import Program
from tests.control_plane.fixtures import OwnControlPlane
from tests.control_plane.offered import OfferedCluster
from tests.control_plane.plane import ControlPlane, Options

STILL = Options(name="second", nodes=0, controllers=False, scheduler=False, kwok=False)


@pytest.fixture
def second(own_control_plane: OwnControlPlane) -> ControlPlane:
    """A second API server, with a kind that only it has."""
    plane = own_control_plane(STILL)
    plane.kubectl("apply", "-f", "-", stdin=json.dumps(DEFINITION))
    plane.kubectl("wait", "--for=condition=Established", "crd/crontabs.stable.example.com", "--timeout=30s")
    plane.create_namespace("jobs")
    tab = {"apiVersion": "stable.example.com/v1", "kind": "CronTab", "metadata": {"name": "nightly", "namespace": "jobs"}}
    plane.kubectl("apply", "-f", "-", stdin=json.dumps(tab))
    return plane


@pytest.fixture
def program(tmp_path: Path, demo_cluster: OfferedCluster, control_plane: ControlPlane, second: ControlPlane) -> Program:
    """The program with three clusters, each in a kubeconfig of its own."""
    made = Program(tmp_path / "program", control_plane.kubeconfig)
    renamed = tmp_path / "second.yaml"  # kubectl merges two users of one name into one
    renamed.write_text(second.kubeconfig.read_text().replace("admin", "second-admin"))
    made.env["KUBECONFIG"] = ":".join(str(path) for path in (demo_cluster.kubeconfig, control_plane.kubeconfig, renamed))
    return made


def _scanned(report: dict[str, Any]) -> dict[str, int]:
    return {kind["resource"]: kind["objects"] for kind in report["kinds"]}


@pytest.mark.real
@pytest.mark.long
def test_all_contexts_are_scanned_completely_and_one_that_is_down_is_named_while_the_others_complete(
    program: Program, control_plane: ControlPlane, second: ControlPlane, demo_cluster: OfferedCluster
) -> None:
    clusters = (
        demo_cluster,
        OfferedCluster("real", control_plane.kubeconfig, "real", "default", control_plane.kubectl),
        OfferedCluster("real", second.kubeconfig, "second", "jobs", second.kubectl),
    )
    reports: dict[str, Any] = {}

    def scanned(context: str) -> Counts:
        reports.update({report["cluster"]: report for report in program.json("scan", "--once", "--all-contexts", "--json")})
        return _scanned(reports[context])

    assert {one.context: find_differences(one, partial(scanned, one.context)) for one in clusters} == {one.context: {} for one in clusters}
    assert set(reports) == {one.context for one in clusters}
    assert _scanned(reports["second"]) == count_objects(clusters[2], list_kinds(clusters[2])), "nothing moves there by itself"
    assert _scanned(reports["second"])["crontabs.stable.example.com"] == 1
    assert all(_scanned(report)["namespaces"] >= 4 for report in reports.values())

    second.stop_apiserver()
    done = program.finish("scan", "--once", "--all-contexts", "--json", timeout=180)
    after = {report["cluster"]: report for report in json.loads(done.stdout)}
    assert done.returncode == 1
    assert "second" in done.stderr
    for name in (demo_cluster.context, "real"):
        assert after[name]["error"] == ""
        assert _scanned(after[name]).keys() == _scanned(reports[name]).keys()
    kept = program.json("get", "crontabs.stable.example.com", "--context", "second", "-A", "-o", "json")
    assert [item["metadata"]["name"] for item in kept["items"]] == ["nightly"], "what was read stays readable"


@pytest.mark.real
@pytest.mark.long
def test_one_table_shows_rows_of_several_clusters_and_namespaces_each_under_its_own_name(
    program: Program, demo_cluster: OfferedCluster
) -> None:
    program.run("scan", "--once", "--all-contexts")
    table = program.run("get", "namespaces", "--context", "second", "--context", "real")
    rows = [line.split() for line in table.splitlines()]
    assert rows[0][0] == "CLUSTER"
    assert {row[0] for row in rows[1:]} == {"second", "real"}
    assert ["second", "jobs"] in [row[:2] for row in rows]
    narrowed = program.run("get", "serviceaccounts", "--context", "real", "-n", "default", "-n", "kube-system")
    assert {line.split()[0] for line in narrowed.splitlines()[1:]} == {"default", "kube-system"}
