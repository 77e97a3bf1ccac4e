"""Get and list: one object, or one page of a collection at one revision, as objects, metadata or table rows."""

from __future__ import annotations

import base64
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from k8sconsole.demo import selectors, status
from k8sconsole.demo.api.tables import render
from k8sconsole.demo.api.versions import encode_as, encode_items

if TYPE_CHECKING:
    from k8sconsole.demo.api.calls import Call
    from k8sconsole.demo.history import Key
    from k8sconsole.demo.resources import ServedResource
    from k8sconsole.demo.storage import ObjectStore

Json = dict[str, Any]
_decode = msgspec.json.decode
_encode = msgspec.json.encode


@dataclass(frozen=True, slots=True)
class SelectorFilter:
    """The label and field selectors of a request. It is false when empty, so that objects need no decoding."""

    labels: list[selectors.LabelTest]
    fields: list[selectors.FieldTest]

    def __bool__(self) -> bool:
        return bool(self.labels or self.fields)

    def matches(self, obj: Json) -> bool:
        found = obj["metadata"].get("labels") or {}
        return all(test(found) for test in self.labels) and all(test(obj) for test in self.fields)


def parse_filter(call: Call) -> SelectorFilter:
    """Parse the request's selectors. Raises a 400 status for an invalid one."""
    labels = selectors.parse_labels(call.query.get("labelSelector", ""))
    fields = selectors.parse_fields(call.query.get("fieldSelector", ""), call.resource, call.resource.selectable)
    return SelectorFilter(labels, fields)


@dataclass(frozen=True, slots=True)
class ListPage:
    """A page of objects of one kind at one revision, in list order. `next` is the continue token, "" on the last page."""

    raws: list[bytes]
    revision: int
    next: str
    remaining: int | None


def _encode_continue(revision: int, last: Key, epoch: int) -> str:
    return base64.urlsafe_b64encode(_encode({"v": "meta.k8s.io/v1", "rv": revision, "start": last, "epoch": epoch})).decode().rstrip("=")


def _decode_continue(text: str) -> tuple[int, Key, int]:
    try:
        found = _decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        return int(found["rv"]), (found["start"][0], found["start"][1]), int(found["epoch"])
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise status.bad_request(f"continue key is not valid: {error}") from error


def read_page(store: ObjectStore, call: Call, chosen: SelectorFilter) -> ListPage:
    """Read the page of a list request. Raises a 410 status when its revision is gone, 400 for wrong parameters."""
    revision, start = _find_start(store, call)
    past = store.history.previous_versions(revision, call.resource.key) if revision < store.resource_version else {}
    keys = _keys_at_revision(store, call.resource, call.namespace, past)
    keys = keys[bisect_right(keys, start) :] if start else keys
    limit = call.get_number("limit") or 0
    return _collect_page(store, call.resource, keys, past, chosen, limit, revision)


def _find_start(store: ObjectStore, call: Call) -> tuple[int, Key | None]:
    token, match = call.query.get("continue", ""), call.query.get("resourceVersionMatch", "")
    version = call.get_number("resourceVersion") or 0
    if match and match not in ("Exact", "NotOlderThan"):
        raise status.bad_request(f'resourceVersionMatch: Unsupported value: "{match}": supported values: "Exact", "NotOlderThan"')
    if match and "resourceVersion" not in call.query:
        raise status.bad_request("resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided")
    if token:
        return _resume_at(store, token)
    if version > store.resource_version:
        raise _version_too_large(version, store.resource_version)
    return (version if match == "Exact" else store.resource_version), None


def _resume_at(store: ObjectStore, token: str) -> tuple[int, Key | None]:
    revision, start, epoch = _decode_continue(token)
    if revision < store.history.oldest or epoch < store.history.epoch:
        expired = status.gone("The provided continue parameter is too old to display a consistent list result.")
        expired.continue_token = _encode_continue(store.resource_version, start, store.history.epoch)
        raise expired
    return revision, start


def _version_too_large(requested: int, newest: int) -> status.ApiStatus:
    message = f"Too large resource version: {requested}, current: {newest}"
    causes = [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}]
    return status.ApiStatus(504, "Timeout", f"Timeout: {message}", {"causes": causes, "retryAfterSeconds": 1})


def _keys_at_revision(store: ObjectStore, resource: ServedResource, namespace: str, past: dict[Key, bytes | None]) -> list[Key]:
    keys = store.list_keys(resource, namespace or None)
    if not past:
        return keys
    existing = set(keys) - {key for key, raw in past.items() if raw is None}
    existing |= {key for key, raw in past.items() if raw is not None and (not namespace or key[0] == namespace)}
    return sorted(existing)


def _collect_page(
    store: ObjectStore,
    resource: ServedResource,
    keys: list[Key],
    past: dict[Key, bytes | None],
    chosen: SelectorFilter,
    limit: int,
    revision: int,
) -> ListPage:
    objects = store.bucket(resource).objects
    raws: list[bytes] = []
    for position, key in enumerate(keys):
        raw = past.get(key) or objects[key].raw
        if chosen and not chosen.matches(_decode(raw)):
            continue
        raws.append(raw)
        if limit and len(raws) == limit and position + 1 < len(keys):
            remaining = None if chosen else len(keys) - position - 1
            return ListPage(raws, revision, _encode_continue(revision, key, store.history.epoch), remaining)
    return ListPage(raws, revision, "", None)


def list_meta(page: ListPage) -> Json:
    meta: Json = {"resourceVersion": str(page.revision)}
    if page.next:
        meta["continue"] = page.next
        if page.remaining is not None:
            meta["remainingItemCount"] = page.remaining
    return meta


def encode_list(store: ObjectStore, call: Call) -> bytes:
    """Encode the response to a list request. Objects are joined as stored bytes; only tables and metadata need decoding."""
    page = read_page(store, call, parse_filter(call))
    if call.form == "Table":
        return encode_table(store, call, page.raws, list_meta(page))
    if call.form:
        return _encode_metadata_list(page)
    kind = f'{{"kind":"{call.resource.kind}List","apiVersion":"{call.resource.api_version}","metadata":'.encode()
    return b"".join((kind, _encode(list_meta(page)), b',"items":[', encode_items(store, call.resource, page.raws), b"]}\n"))


def _encode_metadata_list(page: ListPage) -> bytes:
    found = [render.metadata_only(_decode(raw)) for raw in page.raws]
    kind = {"kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1"}
    return _encode({**kind, "metadata": list_meta(page), "items": found})


def encode_table(store: ObjectStore, call: Call, raws: list[bytes], meta: Json) -> bytes:
    include = call.query.get("includeObject", "Metadata")
    objects = (_decode(raw) for raw in raws)
    return _encode(render.build_table(render.find_printer(call.resource), objects, meta, store.clock.now(), include))


def encode_object(store: ObjectStore, call: Call, raw: bytes) -> bytes:
    """Encode one object in the form the request wants."""
    if call.form == "Table":
        return encode_table(store, call, [raw], {"resourceVersion": _decode(raw)["metadata"]["resourceVersion"]})
    if call.form:
        return _encode(render.metadata_only(_decode(raw)))
    return encode_as(store, call.resource, raw) + b"\n"
