"""The yardstick of churn: a watch of pods that discards every event. ``python -m benchmarks.bare_watch KUBECONFIG FILE``.

Every event writes a line ``SECONDS RESOURCEVERSION`` to FILE. Opening the watch writes a line ``open``. A resourceVersion that the server
no longer has (410 Gone) writes a line ``lost``.
"""

import asyncio
import json
import re
import sys
import time
from pathlib import Path
from typing import TextIO

import aiohttp

from benchmarks.load.client import Target
from benchmarks.raw_download import AGENT

_VERSION = re.compile(rb'"resourceVersion":"(\d+)"')
_PODS = "/api/v1/pods"


async def watch(kubeconfig: Path, out: TextIO) -> None:
    """Runs until the process is stopped."""
    target = Target.of(kubeconfig)
    connector = aiohttp.TCPConnector(ssl=target.tls)
    headers = {**target.headers, "User-Agent": AGENT}
    endless = aiohttp.ClientTimeout(total=None)
    async with aiohttp.ClientSession(target.server, connector=connector, headers=headers, timeout=endless, read_bufsize=2**22) as session:
        since = ""
        while True:
            since = await _watch_once(session, since or await _current_version(session), out)


async def _current_version(session: aiohttp.ClientSession) -> str:
    async with session.get(_PODS, params={"limit": "1"}) as answer:
        version: str = json.loads(await answer.read())["metadata"]["resourceVersion"]
        return version


async def _watch_once(session: aiohttp.ClientSession, since: str, out: TextIO) -> str:
    """Watches until the server closes the watch, as it does with a client that falls behind.

    Returns the resourceVersion to continue from, empty when the server no longer has it.
    """
    async with session.get(_PODS, params={"watch": "1", "resourceVersion": since}) as events:
        events.raise_for_status()
        print("open", file=out, flush=True)
        rest = b""
        async for chunk in events.content.iter_any():
            *lines, rest = (rest + chunk).split(b"\n")
            now = time.time()
            for line in lines:
                found = _VERSION.search(line)
                if found is None:  # an event without a version is an error
                    print("lost", file=out, flush=True)
                    return ""
                since = found[1].decode()
                print(f"{now:.3f} {since}", file=out)
            out.flush()
    return since


if __name__ == "__main__":
    with open(sys.argv[2], "w") as file:
        asyncio.run(watch(Path(sys.argv[1]), file))
