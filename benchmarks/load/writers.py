"""Creates many objects with several writers at once, and shows the progress."""

import asyncio
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, TextIO

from benchmarks.load.client import Client


@dataclass(frozen=True)
class Item:
    """An object and the path that it is created at."""

    path: str
    body: dict[str, Any]


@dataclass
class Tally:
    """How many objects were created, and how many existed already, by kind."""

    created: Counter[str] = field(default_factory=Counter)
    existing: Counter[str] = field(default_factory=Counter)


class Progress:
    """A progress line: rewritten twice a second on a terminal, and a new line every five seconds elsewhere."""

    def __init__(self, out: TextIO = sys.stderr) -> None:
        self._out = out
        self._every = 0.5 if out.isatty() else 5.0
        self._next = 0.0

    def show(self, label: str, done: int, total: int) -> None:
        """Shows ``done`` of ``total``, unless the last line is too recent. The end is always shown."""
        now = time.monotonic()
        if now < self._next and done < total:
            return
        self._next = now + self._every
        line = f"{label:<24} {done:>6}/{total}"
        end = "\n" if done >= total or not self._out.isatty() else ""
        print(f"\r{line}" if self._out.isatty() else line, end=end, file=self._out, flush=True)


async def create_all(client: Client, label: str, items: Iterable[Item], total: int, writers: int, tally: Tally, progress: Progress) -> None:
    """Creates every item, ``writers`` at a time. The first failure stops the other writers and is raised."""
    remaining = iter(items)
    done = 0

    async def write(shared: Iterator[Item]) -> None:
        nonlocal done
        for item in shared:
            made = await client.create(item.path, item.body)
            (tally.created if made else tally.existing)[item.body["kind"]] += 1
            done += 1
            progress.show(label, done, total)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(writers):
                group.create_task(write(remaining))
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from failures
