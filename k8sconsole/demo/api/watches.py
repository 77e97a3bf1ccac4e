"""Watch: the existing objects, then changes, one JSON document per line, until the client or the timeout ends it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from k8sconsole.demo import status
from k8sconsole.demo.api.lists import SelectorFilter, encode_object, encode_table, parse_filter
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
    """A parsed watch request. `start` is a revision; None starts with all existing objects."""

    store: ObjectStore
    call: Call
    chosen: SelectorFilter
    start: int | None
    bookmarks: bool
    initial_end: bool

    def matches_namespace(self, event: StoreEvent) -> bool:
        return not self.call.namespace or event.namespace == self.call.namespace


def open_watch(store: ObjectStore, call: Call) -> Watch:
    """Check the parameters of a watch. Raises a 4xx status where the real server refuses it before streaming."""
    version = call.get_number("resourceVersion") or 0
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
    from_objects = call.get_flag("sendInitialEvents") or (initial is None and not version)
    start = None if from_objects else (version or store.resource_version)
    bookmarks = call.get_flag("allowWatchBookmarks")
    return Watch(store, call, parse_filter(call), start, bookmarks, call.get_flag("sendInitialEvents") and bookmarks)


async def stream_events(watch: Watch) -> AsyncIterator[bytes]:
    """The chunks to send, until the timeout. A start revision that is gone produces one ERROR event."""
    store, resource = watch.store, watch.call.resource
    deadline = asyncio.get_running_loop().time() + (watch.call.get_number("timeoutSeconds") or _DEFAULT_SECONDS)
    changes = store.subscribe(resource)
    try:
        try:
            first = b"".join(_initial_lines(watch))
        except status.ApiStatus as expired:
            yield _encode_watch_line("ERROR", msgspec.json.encode(expired.body))
            return
        if first:
            yield first
        async for chunk in _follow_changes(watch, changes, deadline):
            yield chunk
    finally:
        store.history.unsubscribe(changes)


def _initial_lines(watch: Watch) -> Iterator[bytes]:
    if watch.start is not None:
        for event in watch.store.history.events_since(watch.start, watch.call.resource.key):
            yield from _event_lines(watch, event)
        return
    objects = watch.store.bucket(watch.call.resource).objects
    for key in watch.store.list_keys(watch.call.resource, watch.call.namespace or None):
        raw = objects[key].raw
        if not watch.chosen or watch.chosen.matches(_decode(raw)):
            yield _encode_watch_line("ADDED", encode_object(watch.store, watch.call, raw))
    if watch.initial_end:
        yield _encode_bookmark(watch, ends_initial=True)


async def _follow_changes(watch: Watch, changes: Subscription, deadline: float) -> AsyncIterator[bytes]:
    loop = asyncio.get_running_loop()
    next_bookmark = loop.time() + BOOKMARK_SECONDS
    while not changes.closed and (remaining := deadline - loop.time()) > 0:
        try:
            await asyncio.wait_for(changes.wait(), min(remaining, max(next_bookmark - loop.time(), 0.01)))
        except TimeoutError:
            if watch.bookmarks:
                yield _encode_bookmark(watch)
            next_bookmark = loop.time() + BOOKMARK_SECONDS
        lines = [line for event in changes.take_pending() for line in _event_lines(watch, event)]
        if lines:
            yield b"".join(lines)


def _event_lines(watch: Watch, event: StoreEvent) -> Iterator[bytes]:
    if not watch.matches_namespace(event):
        return
    kind = _filtered_type(watch.chosen, event) if watch.chosen else event.type
    if kind:
        yield _encode_watch_line(kind, encode_object(watch.store, watch.call, event.raw))


def _filtered_type(chosen: SelectorFilter, event: StoreEvent) -> str | None:
    """The event type for a client with selectors: an object that starts or stops matching is ADDED or DELETED."""
    before = event.previous_raw is not None and chosen.matches(_decode(event.previous_raw))
    now = event.type != "DELETED" and chosen.matches(_decode(event.raw))
    if before and now:
        return "MODIFIED"
    return "ADDED" if now else "DELETED" if before else None


def _encode_watch_line(kind: str, body: bytes) -> bytes:
    return b'{"type":"' + kind.encode() + b'","object":' + body.rstrip(b"\n") + b"}\n"


def _encode_bookmark(watch: Watch, *, ends_initial: bool = False) -> bytes:
    meta: Json = {"resourceVersion": str(watch.store.resource_version), "creationTimestamp": None}
    if ends_initial:
        meta["annotations"] = {INITIAL_END: "true"}
    if watch.call.form == "Table":
        return _encode_watch_line("BOOKMARK", encode_table(watch.store, watch.call, [], meta))
    if watch.call.form:
        body = msgspec.json.encode({"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": meta})
    else:
        body = encode(watch.call.resource, {"metadata": meta})
    return _encode_watch_line("BOOKMARK", body)
