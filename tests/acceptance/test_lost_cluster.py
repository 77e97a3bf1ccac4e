"""A cluster that stops answering is shown as lost with its rows, and as live again after its return."""

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
from tests.acceptance.console import ConsoleSession, console
from tests.acceptance.program import COMMAND, ROOT, Program
from tests.control_plane.fixtures import OwnControlPlane
from tests.control_plane.plane import Options
from tests.waiting import block_until

PATIENCE = 3
"""How many times slower than a dedicated machine this one may be."""
SAYS_LOST = 5.0 * PATIENCE
SAYS_LOST_THOUGH_CONNECTED = 15.0 * PATIENCE
"""A server that keeps its connections open without answering is detected only by a request."""
LIVE_AGAIN = 10.0 * PATIENCE
SYSTEM_ROW = r"kube-system +\S+"


def _wait_until_lost(session: ConsoleSession, within: float) -> float:
    """Seconds until the header says that the cluster is lost, and since when."""
    seconds = session.terminal.wait(lambda screen: "◌ lost" in screen.lines[0], within)
    assert re.search(r"lost \d+[sm]", session.terminal.screen.lines[0])
    return seconds


async def _lose_and_recover(session: ConsoleSession, break_it: Any, mend_it: Any, row: str, within: float = SAYS_LOST) -> None:
    await asyncio.to_thread(session.wait_until_live)
    await asyncio.to_thread(session.terminal.wait_for, row)
    await break_it()
    lost = await asyncio.to_thread(_wait_until_lost, session, within)
    assert re.search(row, session.terminal.screen.text)
    below = await asyncio.to_thread(session.press, "d")
    assert "Name: " in below, "an object can be read while its cluster is lost"
    await asyncio.to_thread(session.press, "\x1b")
    await mend_it()
    found = await asyncio.to_thread(session.wait_until_live, LIVE_AGAIN)
    print(f"lost after {lost:.1f} s, live again after {found:.1f} s")


@pytest.mark.parametrize("how", ["died", pytest.param("hangs", marks=pytest.mark.long)])
async def test_a_lost_cluster_is_shown_as_lost_keeps_its_rows_and_is_live_again_by_itself(tmp_path: Path, how: str) -> None:
    async with DemoCluster("calm-shop", still=True) as cluster:

        async def pause() -> None:
            cluster.pause()

        break_it, within = (cluster.refuse, SAYS_LOST) if how == "died" else (pause, SAYS_LOST_THOUGH_CONNECTED)
        with console(Program(tmp_path, cluster.kubeconfig)) as session:
            await _lose_and_recover(session, break_it, cluster.resume, SYSTEM_ROW, within)


@pytest.mark.real
async def test_a_killed_api_server_is_shown_as_lost_and_is_live_again_by_itself(own_control_plane: OwnControlPlane, tmp_path: Path) -> None:
    plane = await asyncio.to_thread(own_control_plane, Options(name="frail"))

    async def kill() -> None:
        await asyncio.to_thread(plane.stop_apiserver)

    async def start() -> None:
        await asyncio.to_thread(plane.start_apiserver)

    with console(Program(tmp_path, plane.kubeconfig), "--context", "frail") as session:
        await asyncio.to_thread(session.wait_until_live)
        await asyncio.to_thread(session.enter_command, "nodes")
        await _lose_and_recover(session, kill, start, r"node-0 ")


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
    with console(program) as session:
        _wait_for_objects(program.cache, rows_first)
        session.terminal.kill()
    found = _inspect(program.cache)
    assert found["integrity"] == "ok"
    assert found["objects"] >= rows_first
    assert found["modes"] == {0o600}
    with console(program, "--offline") as session:
        session.terminal.wait_for("▣ offline")
        assert "rebuilt" not in session.terminal.settle()
        assert session.quit() == 0
    assert program.json("cache", "status", "--json")["store"]["objects"] == found["objects"]
    (report,) = program.json("scan", "--once", "--json")
    assert next(kind["objects"] for kind in report["kinds"] if kind["resource"] == "pods") == 5000
    assert _inspect(program.cache)["integrity"] == "ok"


def _wait_for_objects(cache: Path, rows: int) -> None:
    """Waits until the cache file has this many objects, read from another process."""

    def has_enough() -> bool:
        with contextlib.closing(sqlite3.connect(f"file:{cache}?mode=ro", uri=True)) as connection:
            (found,) = connection.execute("SELECT count(*) FROM objects").fetchone()
        return found >= rows

    block_until(has_enough, ignoring=(sqlite3.Error,))


def _inspect(cache: Path) -> dict[str, Any]:
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
