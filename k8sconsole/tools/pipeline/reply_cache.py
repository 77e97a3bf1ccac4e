"""Replies of the last few seconds, in memory. A reply becomes stale as soon as its subject may have changed."""

from collections import Counter, OrderedDict
from typing import Any

import msgspec

from k8sconsole.tools.results import Reply

MOST_REPLIES, MOST_BYTES = 256, 8_000_000
LIFETIME = 3.0
"""Seconds. A cached reply states the age of its rows, so ages inside the text are at most this much too low."""
Generation = tuple[int, ...]
"""Counters that grow with each invalidation. A reply is current while its generation is the present one."""


class ReplyScope(msgspec.Struct, frozen=True):
    """What a reply depends on. kind: empty if it depends on more than one kind."""

    cluster: str
    kind: str = ""


class _Entry(msgspec.Struct, frozen=True):
    """data: the reply's data as JSON, so that a caller may change its own copy."""

    generation: Generation
    expires_at: float
    reply: Reply
    data: bytes

    @property
    def size(self) -> int:
        return len(self.data) + len(self.reply.text)


class ReplyCache:
    """An LRU cache by key. Take the generation before the reply is computed, and pass it to ``put``."""

    def __init__(self) -> None:
        self._entries: OrderedDict[bytes, _Entry] = OrderedDict()
        self._size = 0
        self._everything = 0
        self._whole_clusters: Counter[str] = Counter()
        self._any_change: Counter[str] = Counter()
        self._kinds: Counter[ReplyScope] = Counter()

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def size(self) -> int:
        """Bytes."""
        return self._size

    def generation(self, scope: ReplyScope) -> Generation:
        if not scope.kind:
            return self._everything, self._any_change[scope.cluster]
        return self._everything, self._whole_clusters[scope.cluster], self._kinds[scope]

    def invalidate(self, scope: ReplyScope | None = None) -> None:
        """Mark replies as stale: of one kind in a cluster, of a whole cluster, or all."""
        if scope is None:
            self._everything += 1
            return
        self._any_change[scope.cluster] += 1
        if scope.kind:
            self._kinds[scope] += 1
        else:
            self._whole_clusters[scope.cluster] += 1

    def get(self, key: bytes, generation: Generation, now: float) -> Reply | None:
        """The current reply, or None. now: monotonic seconds, the same clock as in ``put``."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        if entry.generation != generation or now >= entry.expires_at:
            self._drop(key)
            return None
        self._entries.move_to_end(key)
        return msgspec.structs.replace(entry.reply, data=msgspec.json.decode(entry.data))

    def put(self, key: bytes, generation: Generation, reply: Reply, started: float) -> None:
        """started: monotonic seconds when the computation of the reply began."""
        data = _encode_data(reply.data)
        if data is None:
            return
        self._drop(key)
        entry = _Entry(generation, started + LIFETIME, msgspec.structs.replace(reply, data=None), data)
        self._entries[key] = entry
        self._size += entry.size
        while len(self._entries) > MOST_REPLIES or self._size > MOST_BYTES:
            self._drop(next(iter(self._entries)))

    def _drop(self, key: bytes) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._size -= entry.size


def _encode_data(data: Any) -> bytes | None:
    """None if the data is not a JSON value."""
    try:
        return msgspec.json.encode(data)
    except (TypeError, ValueError):
        return None
