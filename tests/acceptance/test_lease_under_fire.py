"""Three scanners on one file, killed at random: at no time do two scan the same cluster, and one always takes over."""

import os
import random
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.cache_file import query_cache
from tests.acceptance.program import COMMAND, ROOT, Program
from tests.control_plane.offered import OfferedCluster
from tests.waiting import block_until

SECONDS = float(os.environ.get("K8SCONSOLE_LEASE_SECONDS", "30"))
TAKE_OVER = 15.0


class Scanners:
    def __init__(self, program: Program) -> None:
        self._program = program
        self.running = [self._start() for _ in range(3)]

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen([*COMMAND, "scan"], cwd=ROOT, env=self._program.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def kill(self, pid: int) -> None:
        """Kills a scanner with SIGKILL and starts another in its place."""
        place = next(place for place, one in enumerate(self.running) if one.pid == pid)
        self.running[place].kill()
        self.running[place].wait()
        self.running[place] = self._start()

    def end(self) -> None:
        for one in self.running:
            one.terminate()
        for one in self.running:
            one.wait(30)


@pytest.fixture
def scanners(demo_cluster: OfferedCluster, program_on: object) -> Iterator[tuple[Scanners, Path]]:
    program = program_on(demo_cluster)  # type: ignore[operator]
    made = Scanners(program)
    yield made, program.cache
    made.end()


@pytest.mark.long
def test_one_process_scans_at_a_time_and_another_takes_over_when_it_is_killed(
    scanners: tuple[Scanners, Path], demo_cluster: OfferedCluster
) -> None:
    running, cache = scanners
    dice = random.Random(7)
    pid, took = _new_holder(cache, 0, 30.0)
    began, longest, kills = time.monotonic(), 0.0, 0
    while time.monotonic() - began < SECONDS or not kills:
        if dice.random() < 0.7:
            running.kill(pid)
            pid, took = _new_holder(cache, pid, TAKE_OVER + 5)
            longest, kills = max(longest, took), kills + 1
        else:
            running.kill(dice.choice([one.pid for one in running.running if one.pid != pid]))
            time.sleep(1.0)
    print(f"{kills} take-overs, the longest {longest:.1f} s")
    assert longest <= TAKE_OVER
    demo_cluster.kubectl("create", "configmap", "seen-by-all", "-n", demo_cluster.namespace)
    block_until(lambda: query_cache(cache, "SELECT 1 FROM objects WHERE name = 'seen-by-all'"), 10.0)


def _new_holder(cache: Path, former: int, patience: float) -> tuple[int, float]:
    """Waits for another lease holder. Returns its pid and the seconds. Checks that there is never more than one lease."""
    began = time.monotonic()

    def new_holder() -> int:
        held = query_cache(cache, f"SELECT holder FROM leases WHERE name LIKE 'scan:%' AND expires_at > {time.time()}")
        assert len(held) <= 1
        pid = int(held[0][0].split(":")[-2]) if held else 0
        return pid if pid != former else 0

    return block_until(new_holder, patience), time.monotonic() - began
