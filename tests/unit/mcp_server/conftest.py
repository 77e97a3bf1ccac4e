"""The server in process, with the official client in front of it and the desk's pipeline behind."""

import pytest

from tests.tool_desk import Counter, Desk, bare, cluster, demo, desk, store

__all__ = ["bare", "cluster", "demo", "desk", "store"]


@pytest.fixture
async def counter(desk: Desk) -> Counter:
    return Counter(desk)
