"""Reads the table of one namespace ten times a second while pods change: ``python -m benchmarks.table_reader CACHE FILE``.

Writes the milliseconds of each read to FILE, one a line.
"""

import asyncio
import sys
import time
from pathlib import Path

from k8sconsole.model.cache_records import RowQuery
from k8sconsole.model.refs import Namespace, ResourceName
from k8sconsole.store.sqlite.open import open_store

_EVERY = 0.1


async def read(cache: Path, out: Path) -> None:
    store = await open_store(cache)
    query = RowQuery(ResourceName("pods"), namespaces=(Namespace("load-00"),))
    with out.open("w") as file:
        while True:
            began = time.perf_counter()
            await store.objects.rows(query)
            print(f"{(time.perf_counter() - began) * 1000:.3f}", file=file, flush=True)
            await asyncio.sleep(_EVERY)


if __name__ == "__main__":
    asyncio.run(read(Path(sys.argv[1]), Path(sys.argv[2])))
