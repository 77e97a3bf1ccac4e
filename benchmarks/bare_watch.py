"""The yardstick of churn: a watch of pods that does nothing with what it hears. ``python -m benchmarks.bare_watch KUBECONFIG FILE``.

For every event a line ``SECONDS RESOURCEVERSION`` in FILE; a line ``open`` wherever the watch was opened, and a line ``lost`` where the
server no longer knew from where it was to go on.
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
    """Until it is ended."""
    target = Target.of(kubeconfig)
    connector = aiohttp.TCPConnector(ssl=target.tls)
    headers = {**target.headers, "User-Agent": AGENT}
    endless = aiohttp.ClientTimeout(total=None)
    async with aiohttp.ClientSession(target.server, connector=connector, headers=headers, timeout=endless, read_bufsize=2**22) as session:
        since = ""
        while True:
            since = await _listen(session, since or await _now(session), out)


async def _now(session: aiohttp.ClientSession) -> str:
    async with session.get(_PODS, params={"limit": "1"}) as answer:
        version: str = json.loads(await answer.read())["metadata"]["resourceVersion"]
        return version


async def _listen(session: aiohttp.ClientSession, since: str, out: TextIO) -> str:
    """Until the server drops it, as it does with whoever falls behind; the version to go on from, empty where there is none."""
    async with session.get(_PODS, params={"watch": "1", "resourceVersion": since}) as events:
        events.raise_for_status()
        print("open", file=out, flush=True)
        rest = b""
        async for chunk in events.content.iter_any():
            *lines, rest = (rest + chunk).split(b"\n")
            now = time.time()
            for line in lines:
                found = _VERSION.search(line)
                if found is None:  # an event without one is a refusal
                    print("lost", file=out, flush=True)
                    return ""
                since = found[1].decode()
                print(f"{now:.3f} {since}", file=out)
            out.flush()
    return since


if __name__ == "__main__":
    with open(sys.argv[2], "w") as file:
        asyncio.run(watch(Path(sys.argv[1]), file))
