"""The yardstick: downloads a list page by page and discards it. ``python -m benchmarks.raw_download KUBECONFIG PATH``."""

import asyncio
import json
import re
import sys
import time
from pathlib import Path
from urllib.parse import quote

import aiohttp

from benchmarks.load.client import Target

_CONTINUE = re.compile(rb'"continue":"([^"]+)"')
AGENT = "k8sconsole-benchmark"  # an agent that looks like curl or a browser gets indented JSON, twice the size


async def download(kubeconfig: Path, path: str, limit: int = 500) -> tuple[int, int, float]:
    """Returns (bytes, pages, seconds), connection set-up included."""
    target = Target.of(kubeconfig)
    started = time.monotonic()
    size = pages = 0
    token = ""
    headers = {**target.headers, "User-Agent": AGENT, "Accept": "application/json"}
    connector = aiohttp.TCPConnector(ssl=target.tls)
    async with aiohttp.ClientSession(target.server, connector=connector, headers=headers, read_bufsize=2**20) as session:
        while True:
            async with session.get(f"{path}?limit={limit}" + (f"&continue={quote(token, safe='')}" if token else "")) as answer:
                answer.raise_for_status()
                body = await answer.read()
            size, pages = size + len(body), pages + 1
            found = _CONTINUE.search(body[:4096]) or _CONTINUE.search(body[-4096:])
            if not found:
                return size, pages, time.monotonic() - started
            token = found[1].decode()


def main() -> int:
    size, pages, seconds = asyncio.run(download(Path(sys.argv[1]), sys.argv[2]))
    print(json.dumps({"bytes": size, "pages": pages, "seconds": seconds}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
