"""A store in a file of its own, with a clock that only a test advances."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from k8sconsole.kit.clock import FixedClock
from k8sconsole.store.sqlite.open import open_store
from k8sconsole.store.sqlite.store import SqliteStore


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(1000.0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache.db"


@pytest.fixture
async def store(path: Path, clock: FixedClock) -> AsyncIterator[SqliteStore]:
    opened = await open_store(path, clock=clock, timeout=2.0)
    yield opened
    await opened.close()
