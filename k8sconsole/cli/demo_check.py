"""``k8sconsole demo --check``: runs every part once, together, in a few seconds, without a terminal."""

import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path

import msgspec

from k8sconsole.cli.session import settings_with
from k8sconsole.config.loader import LoadedSettings
from k8sconsole.errors import ConsoleError
from k8sconsole.model.tools import Face
from k8sconsole.runtime.demo import DemoOptions, opening_on, running_demo

TOOL = "k8s_list_pods"
_SERVER_ENDS = 30.0
"""Seconds for the MCP server, which fails for the same reason, to end by itself."""


class DemoCheck(msgspec.Struct):
    """console: ``ok`` or what failed. mcp_tools: the number of tools that a client is offered, or the error."""

    ok: bool
    objects: int
    kinds: int
    console: str
    mcp_tools: int | str
    seconds: float


def check_demo(options: DemoOptions) -> DemoCheck:
    """Runs the demo cluster, a scan, the console and the MCP server."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="k8sconsole-check-") as folder, running_demo(options) as cluster:
        loaded = settings_with({"cache.db_path": str(Path(folder) / "cache.db")})
        result = asyncio.run(_check_parts(cluster.kubeconfig, loaded))
    result.ok = result.console == "ok" and isinstance(result.mcp_tools, int) and result.objects > 0
    result.seconds = round(time.monotonic() - began, 2)
    return result


async def _check_parts(kubeconfig: Path, loaded: LoadedSettings) -> DemoCheck:
    """Starts the MCP server as its own process while this one scans, then opens the console on the scanned rows."""
    server = asyncio.create_task(_call_mcp_server(kubeconfig, loaded))
    try:
        objects, kinds = await _scan(kubeconfig, loaded)
    except BaseException:
        await asyncio.wait([server], timeout=_SERVER_ENDS)  # the MCP library does not return from a start that is cancelled
        raise
    console = await _open_console(kubeconfig, loaded)
    return DemoCheck(False, objects, kinds, console, await server, 0.0)


async def _scan(kubeconfig: Path, loaded: LoadedSettings) -> tuple[int, int]:
    from k8sconsole.runtime.console import Console

    opening = msgspec.structs.replace(opening_on(kubeconfig, loaded, Face.CLI), scan=False)
    console = await Console.open(opening)
    try:
        (report,) = await console.scanning.scan_once()
    finally:
        await console.close()
    if report.error:
        raise report.error
    return sum(kind.objects for kind in report.kinds), sum(kind.objects > 0 for kind in report.kinds)


async def _open_console(kubeconfig: Path, loaded: LoadedSettings) -> str:
    from k8sconsole.runtime.embedded import start_console
    from k8sconsole.tui.check import count_shown_rows

    with start_console(opening_on(kubeconfig, loaded)) as embedded:
        return "ok" if await count_shown_rows(embedded, loaded.settings) else "the console showed no rows"


async def _call_mcp_server(kubeconfig: Path, loaded: LoadedSettings) -> int | str:
    """Calls one tool. Returns the number of tools that a client is offered, or the error."""
    from k8sconsole.mcp_server.probe import probe

    env = {**os.environ, "KUBECONFIG": str(kubeconfig), "CACHE_DB_PATH": loaded.settings.cache.db_path}
    try:
        probed = await probe(sys.executable, ["-m", "k8sconsole", "mcp", "--no-scan"], env, TOOL)
    except ConsoleError as problem:
        return str(problem)
    return len(probed.tools) if "data" in probed.answer else f"{TOOL} answered {probed.answer}"
