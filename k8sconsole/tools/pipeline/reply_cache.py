"""Replies that were just given, kept in this process for a moment, and known to be out of date as soon as what they tell of may have
moved."""

from collections import Counter, OrderedDict
from typing import Any

import msgspec

from k8sconsole.tools.results import Reply

MOST, MOST_BYTES = 256, 8_000_000
LIFE = 3.0
"""Seconds. The reply itself says how old its rows are; what is told of ages within it is as old as the reply."""
Stamp = tuple[int, ...]


class Scope(msgspec.Struct, frozen=True):
    """What a reply tells of. No kind: more than one."""

    cluster: str
    kind: str = ""


class _Kept(msgspec.Struct, frozen=True):
    """data: as JSON, so that whoever is given a reply may do with it what he likes."""

    stamp: Stamp
    until: float
    reply: Reply
    data: bytes

    @property
    def size(self) -> int:
        return len(self.data) + len(self.reply.text)


class Replies:
    """By key, the least used first to go. A stamp is taken before a reply is made; a reply is good while its stamp is the present one."""

    def __init__(self) -> None:
        self._kept: OrderedDict[bytes, _Kept] = OrderedDict()
        self._size = 0
        self._all = 0
        self._whole: Counter[str] = Counter()
        self._any: Counter[str] = Counter()
        self._kinds: Counter[Scope] = Counter()

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def size(self) -> int:
        """Bytes."""
        return self._size

    def stamp(self, scope: Scope) -> Stamp:
        if not scope.kind:
            return self._all, self._any[scope.cluster]
        return self._all, self._whole[scope.cluster], self._kinds[scope]

    def moved(self, scope: Scope | None = None) -> None:
        """What tells of this is out of date: a kind of a cluster, a whole cluster, or everything."""
        if scope is None:
            self._all += 1
            return
        self._any[scope.cluster] += 1
        if scope.kind:
            self._kinds[scope] += 1
        else:
            self._whole[scope.cluster] += 1

    def find(self, key: bytes, stamp: Stamp, now: float) -> Reply | None:
        """now: monotonic seconds, as of ``keep``."""
        kept = self._kept.get(key)
        if kept is None:
            return None
        if kept.stamp != stamp or now >= kept.until:
            self._drop(key)
            return None
        self._kept.move_to_end(key)
        return msgspec.structs.replace(kept.reply, data=msgspec.json.decode(kept.data))

    def keep(self, key: bytes, stamp: Stamp, reply: Reply, began: float) -> None:
        """began: when the reply began to be made."""
        data = _encoded(reply.data)
        if data is None:
            return
        self._drop(key)
        kept = _Kept(stamp, began + LIFE, msgspec.structs.replace(reply, data=None), data)
        self._kept[key] = kept
        self._size += kept.size
        while len(self._kept) > MOST or self._size > MOST_BYTES:
            self._drop(next(iter(self._kept)))

    def _drop(self, key: bytes) -> None:
        kept = self._kept.pop(key, None)
        if kept is not None:
            self._size -= kept.size


def _encoded(data: Any) -> bytes | None:
    """None for what is no JSON value after all."""
    try:
        return msgspec.json.encode(data)
    except (TypeError, ValueError):
        return None
