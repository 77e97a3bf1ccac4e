"""Two processes on one cache file: changes that one scans are published on the bus of the other, which can read them."""

from pathlib import Path

from benchmarks.follower import measure
from tests.control_plane.offered import OfferedCluster


async def test_changes_that_one_process_scans_reach_the_console_of_another(demo_cluster: OfferedCluster, tmp_path: Path) -> None:
    found = await measure(demo_cluster.kubeconfig, tmp_path, changes=3, namespace=demo_cluster.namespace)
    print(found)
    assert len(found["seen"]) == 3
