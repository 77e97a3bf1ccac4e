"""``k8sconsole demo --check``: every part once, together, in a few seconds, without a terminal."""

import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import msgspec

from k8sconsole.cli.opening import settings_with
from k8sconsole.config.loader import LoadedSettings
from k8sconsole.errors import ConsoleError
from k8sconsole.model.tools import Face
from k8sconsole.runtime.demo import DemoOptions, opening_on, running_demo

TOOL = "k8s_list_pods"


def check_demo(options: DemoOptions) -> dict[str, Any]:
    """{"ok", "objects", "kinds", "console", "mcp_tools", "seconds"}; a part that failed says why in place of its figure."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="k8sconsole-check-") as folder, running_demo(options) as cluster:
        loaded = settings_with({"cache.db_path": str(Path(folder) / "cache.db")})
        result = asyncio.run(_parts(cluster.kubeconfig, loaded))
    ok = result["console"] == "ok" and isinstance(result["mcp_tools"], int) and result["objects"] > 0
    return {"ok": ok, **result, "seconds": round(time.monotonic() - began, 2)}


async def _parts(kubeconfig: Path, loaded: LoadedSettings) -> dict[str, Any]:
    """The MCP server starts as its own process while this one scans; the console opens on what was scanned."""
    server = asyncio.create_task(_mcp_tools(kubeconfig, loaded))
    objects, kinds = await _scanned(kubeconfig, loaded)
    shown = await _console(kubeconfig, loaded)
    return {"objects": objects, "kinds": kinds, "console": shown, "mcp_tools": await server}


async def _scanned(kubeconfig: Path, loaded: LoadedSettings) -> tuple[int, int]:
    from k8sconsole.runtime.console import Console

    opening = msgspec.structs.replace(opening_on(kubeconfig, loaded, Face.CLI), scan=False)
    console = await Console.open(opening)
    try:
        (report,) = await console.scan_once()
    finally:
        await console.close()
    if report.error:
        raise report.error
    return sum(kind.objects for kind in report.kinds), sum(kind.objects > 0 for kind in report.kinds)


async def _console(kubeconfig: Path, loaded: LoadedSettings) -> str:
    from k8sconsole.runtime.embedded import start_console
    from k8sconsole.tui.check import count_shown_rows

    with start_console(opening_on(kubeconfig, loaded)) as embedded:
        return "ok" if await count_shown_rows(embedded, loaded.settings) else "no rows were shown"


async def _mcp_tools(kubeconfig: Path, loaded: LoadedSettings) -> int | str:
    """How many tools a client is offered, after one of them has answered it."""
    from k8sconsole.mcp_server.probe import probe

    env = {**os.environ, "KUBECONFIG": str(kubeconfig), "CACHE_DB_PATH": loaded.settings.cache.db_path}
    try:
        probed = await probe(sys.executable, ["-m", "k8sconsole", "mcp", "--no-scan"], env, TOOL)
    except ConsoleError as problem:
        return str(problem)
    return len(probed.tools) if "data" in probed.answer else f"{TOOL} answered {probed.answer}"
