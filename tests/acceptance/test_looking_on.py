"""Two processes on one cache file: what one scans is told on the other's bus, and is there when it reads."""

from pathlib import Path

from benchmarks.onlooking import measure
from tests.control_plane.offered import OfferedCluster


async def test_what_one_process_scans_another_ones_console_is_told_of_and_can_read(demo_cluster: OfferedCluster, tmp_path: Path) -> None:
    found = await measure(demo_cluster.kubeconfig, tmp_path, changes=3, namespace=demo_cluster.namespace)
    print(found)
    assert len(found["seen"]) == 3
