"""A cluster that goes away is said to be lost while its rows stay, and one that comes back is live again."""

import asyncio
import contextlib
import re
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from k8sconsole.demo.server import DemoCluster
from tests.acceptance.console import ConsoleAtWork, console
from tests.acceptance.program import COMMAND, ROOT, Program
from tests.control_plane.fixtures import OwnControlPlane
from tests.control_plane.plane import Options
from tests.waiting import block_until

PATIENCE = 3
"""How many times slower than a machine of its own this one may be."""
SAYS_LOST = 5.0 * PATIENCE
SAYS_LOST_THOUGH_CONNECTED = 15.0 * PATIENCE
"""A server that keeps its connections and answers nothing is only found out by asking it."""
LIVE_AGAIN = 10.0 * PATIENCE
SYSTEM_ROW = r"kube-system +\S+"


def _lost(at_work: ConsoleAtWork, within: float) -> float:
    """Seconds until the header says that the cluster is lost, and since when."""
    seconds = at_work.terminal.wait(lambda screen: "◌ lost" in screen.lines[0], within)
    assert re.search(r"lost \d+[sm]", at_work.terminal.screen.lines[0])
    return seconds


async def _lost_and_found(at_work: ConsoleAtWork, break_it: Any, mend_it: Any, row: str, within: float = SAYS_LOST) -> None:
    await asyncio.to_thread(at_work.wait_until_live)
    await asyncio.to_thread(at_work.terminal.wait_for, row)
    await break_it()
    lost = await asyncio.to_thread(_lost, at_work, within)
    assert re.search(row, at_work.terminal.screen.text)
    below = await asyncio.to_thread(at_work.press, "d")
    assert "Name: " in below, "an object can be read while its cluster is away"
    await asyncio.to_thread(at_work.press, "\x1b")
    await mend_it()
    found = await asyncio.to_thread(at_work.wait_until_live, LIVE_AGAIN)
    print(f"lost after {lost:.1f} s, live again after {found:.1f} s")


@pytest.mark.parametrize("how", ["died", pytest.param("hangs", marks=pytest.mark.long)])
async def test_a_lost_cluster_is_shown_as_lost_keeps_its_rows_and_is_live_again_by_itself(tmp_path: Path, how: str) -> None:
    async with DemoCluster("calm-shop", still=True) as cluster:

        async def pause() -> None:
            cluster.pause()

        break_it, within = (cluster.refuse, SAYS_LOST) if how == "died" else (pause, SAYS_LOST_THOUGH_CONNECTED)
        with console(Program(tmp_path, cluster.kubeconfig)) as at_work:
            await _lost_and_found(at_work, break_it, cluster.resume, SYSTEM_ROW, within)


@pytest.mark.real
async def test_a_killed_api_server_is_shown_as_lost_and_is_live_again_by_itself(own_control_plane: OwnControlPlane, tmp_path: Path) -> None:
    plane = await asyncio.to_thread(own_control_plane, Options(name="frail"))

    async def kill() -> None:
        await asyncio.to_thread(plane.stop_apiserver)

    async def start() -> None:
        await asyncio.to_thread(plane.start_apiserver)

    with console(Program(tmp_path, plane.kubeconfig), "--context", "frail") as at_work:
        await asyncio.to_thread(at_work.wait_until_live)
        await asyncio.to_thread(at_work.command, "nodes")
        await _lost_and_found(at_work, kill, start, r"node-0 ")


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The kubeconfig of a cluster of 5 000 pods in a process of its own, so that reading it takes a while."""
    folder = tmp_path_factory.mktemp("large")
    program = Program(folder, folder / "none")
    command = [*COMMAND, "demo", "large", "--size", "5000", "--headless"]
    with subprocess.Popen(command, cwd=ROOT, env=program.env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        yield Path(process.stdout.readline().strip())
        process.terminate()


@pytest.mark.long
@pytest.mark.parametrize("rows_first", [1, 1500])
def test_a_console_killed_while_it_scans_leaves_a_complete_and_private_cache(large: Path, tmp_path: Path, rows_first: int) -> None:
    program = Program(tmp_path, large)
    with console(program) as at_work:
        _until_there_are(program.cache, rows_first)
        at_work.terminal.kill()
    kept = _look_into(program.cache)
    assert kept["integrity"] == "ok"
    assert kept["objects"] >= rows_first
    assert kept["modes"] == {0o600}
    with console(program, "--offline") as at_work:
        at_work.terminal.wait_for("▣ offline")
        assert "rebuilt" not in at_work.terminal.settle()
        assert at_work.leave() == 0
    assert program.json("cache", "status", "--json")["store"]["objects"] == kept["objects"]
    (report,) = program.json("scan", "--once", "--json")
    assert next(kind["objects"] for kind in report["kinds"] if kind["resource"] == "pods") == 5000
    assert _look_into(program.cache)["integrity"] == "ok"


def _until_there_are(cache: Path, rows: int) -> None:
    """Waits for so many objects in the file, as another process sees them."""

    def there() -> bool:
        with contextlib.closing(sqlite3.connect(f"file:{cache}?mode=ro", uri=True)) as connection:
            (found,) = connection.execute("SELECT count(*) FROM objects").fetchone()
        return found >= rows

    block_until(there, ignoring=(sqlite3.Error,))


def _look_into(cache: Path) -> dict[str, Any]:
    modes = {path.stat().st_mode & 0o777 for path in cache.parent.glob(f"{cache.name}*")}
    connection = sqlite3.connect(cache)
    try:
        return {
            "integrity": connection.execute("PRAGMA integrity_check").fetchone()[0],
            "objects": connection.execute("SELECT count(*) FROM objects").fetchone()[0],
            "modes": modes,
        }
    finally:
        connection.close()
