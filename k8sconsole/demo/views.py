"""Decoded objects, shared by all who only look at them."""

from functools import lru_cache
from typing import Any

import msgspec

# Enough for all that moves in a small cluster, and 20 MB at most in a large one.
_VIEWS = 1024


@lru_cache(maxsize=_VIEWS)
def view(raw: bytes) -> dict[str, Any]:
    """An object's bytes, decoded: one object for whoever asks, so never to be altered."""
    found: dict[str, Any] = msgspec.json.decode(raw)
    return found
