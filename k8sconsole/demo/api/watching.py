"""Watch: what is there, then what changes, as one JSON document a line until the client or the time-out ends it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from k8sconsole.demo import status
from k8sconsole.demo.api.listing import SelectorFilter, filter_of, object_body, render_table
from k8sconsole.demo.storage import encode

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from k8sconsole.demo.api.calls import Call
    from k8sconsole.demo.history import StoreEvent, Subscription
    from k8sconsole.demo.storage import ObjectStore

Json = dict[str, Any]
INITIAL_END = "k8s.io/initial-events-end"
BOOKMARK_SECONDS = 30.0
_DEFAULT_SECONDS = 1800
_decode = msgspec.json.decode


@dataclass(frozen=True, slots=True)
class Watch:
    """One watch request: where it starts and what it wants to see. `start` None means with everything there is."""

    store: ObjectStore
    call: Call
    chosen: SelectorFilter
    start: int | None
    bookmarks: bool
    initial_end: bool

    def wants(self, event: StoreEvent) -> bool:
        return not self.call.namespace or event.namespace == self.call.namespace


def open_watch(store: ObjectStore, call: Call) -> Watch:
    """Checks the parameters; raises a 4xx status where the real server refuses before it streams."""
    version = call.number("resourceVersion") or 0
    initial = call.query.get("sendInitialEvents")
    match = call.query.get("resourceVersionMatch", "")
    if initial is not None and match != "NotOlderThan":
        raise status.invalid_options(
            "ListOptions", "resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
        )
    if initial is None and match:
        raise status.invalid_options(
            "ListOptions",
            "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
        )
    whole = call.flag("sendInitialEvents") or (initial is None and not version)
    start = None if whole else (version or store.resource_version)
    bookmarks = call.flag("allowWatchBookmarks")
    return Watch(store, call, filter_of(call), start, bookmarks, call.flag("sendInitialEvents") and bookmarks)


async def stream(watch: Watch) -> AsyncIterator[bytes]:
    """Chunks to send; ends at the time-out. A start that is gone is told as one ERROR event."""
    store, resource = watch.store, watch.call.resource
    deadline = asyncio.get_running_loop().time() + (watch.call.number("timeoutSeconds") or _DEFAULT_SECONDS)
    changes = store.subscribe(resource)
    try:
        try:
            first = b"".join(_beginning(watch))
        except status.ApiStatus as expired:
            yield _line("ERROR", msgspec.json.encode(expired.body))
            return
        if first:
            yield first
        async for chunk in _follow(watch, changes, deadline):
            yield chunk
    finally:
        store.history.unsubscribe(changes)


def _beginning(watch: Watch) -> Iterator[bytes]:
    if watch.start is not None:
        for event in watch.store.history.since(watch.start, watch.call.resource.key):
            yield from _event_lines(watch, event)
        return
    objects = watch.store.bucket(watch.call.resource).objects
    for key in watch.store.names(watch.call.resource, watch.call.namespace or None):
        raw = objects[key].raw
        if not watch.chosen or watch.chosen.keeps(_decode(raw)):
            yield _line("ADDED", object_body(watch.store, watch.call, raw))
    if watch.initial_end:
        yield _bookmark(watch, ends_initial=True)


async def _follow(watch: Watch, changes: Subscription, deadline: float) -> AsyncIterator[bytes]:
    loop = asyncio.get_running_loop()
    next_bookmark = loop.time() + BOOKMARK_SECONDS
    while not changes.closed and (left := deadline - loop.time()) > 0:
        try:
            await asyncio.wait_for(changes.wait(), min(left, max(next_bookmark - loop.time(), 0.01)))
        except TimeoutError:
            if watch.bookmarks:
                yield _bookmark(watch)
            next_bookmark = loop.time() + BOOKMARK_SECONDS
        lines = [line for event in changes.take() for line in _event_lines(watch, event)]
        if lines:
            yield b"".join(lines)


def _event_lines(watch: Watch, event: StoreEvent) -> Iterator[bytes]:
    if not watch.wants(event):
        return
    kind = _as_seen(watch.chosen, event) if watch.chosen else event.type
    if kind:
        yield _line(kind, object_body(watch.store, watch.call, event.raw))


def _as_seen(chosen: SelectorFilter, event: StoreEvent) -> str | None:
    """What a change is to somebody who sees only what the selectors keep."""
    before = event.previous_raw is not None and chosen.keeps(_decode(event.previous_raw))
    now = event.type != "DELETED" and chosen.keeps(_decode(event.raw))
    if before and now:
        return "MODIFIED"
    return "ADDED" if now else "DELETED" if before else None


def _line(kind: str, body: bytes) -> bytes:
    return b'{"type":"' + kind.encode() + b'","object":' + body.rstrip(b"\n") + b"}\n"


def _bookmark(watch: Watch, *, ends_initial: bool = False) -> bytes:
    meta: Json = {"resourceVersion": str(watch.store.resource_version), "creationTimestamp": None}
    if ends_initial:
        meta["annotations"] = {INITIAL_END: "true"}
    if watch.call.form == "Table":
        return _line("BOOKMARK", render_table(watch.store, watch.call, [], meta))
    if watch.call.form:
        body = msgspec.json.encode({"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": meta})
    else:
        body = encode(watch.call.resource, {"metadata": meta})
    return _line("BOOKMARK", body)
