"""Sets of field paths in the notation of metav1.FieldsV1: `f:name`, `k:{"name":"web"}`, `v:"value"`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from k8sconsole.demo.api.patching.keys import is_atomic, is_set, merge_keys

Json = dict[str, Any]
FieldPath = tuple[str, ...]
FieldSet = set[FieldPath]
_SERVER_META = {
    *("name", "namespace", "uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp"),
    *("deletionGracePeriodSeconds", "managedFields", "selfLink", "generateName"),
}


# A port without a protocol is a TCP port, in the merge key too.
_KEY_DEFAULTS = {"protocol": "TCP"}


def encode_key(item: Json, keys: tuple[str, ...]) -> str:
    found = {key: item.get(key, _KEY_DEFAULTS.get(key)) for key in keys}
    return "k:" + msgspec.json.encode({key: value for key, value in found.items() if value is not None}, order="sorted").decode()


def collect_fields(obj: Json) -> dict[FieldPath, Any]:
    """Every field that the writer of this object sets, with its value. Server-managed metadata is excluded."""
    found: dict[FieldPath, Any] = {}
    for key, value in obj.items():
        if key in ("kind", "apiVersion"):
            continue
        value = {k: v for k, v in value.items() if k not in _SERVER_META} if key == "metadata" else value
        found.update(_walk_fields(value, (f"f:{key}",), (key,)))
    return found


def _walk_fields(value: Any, path: FieldPath, names: tuple[str, ...]) -> Iterator[tuple[FieldPath, Any]]:
    if isinstance(value, dict) and value and not is_atomic(names):
        for key, each in value.items():
            yield from _walk_fields(each, (*path, f"f:{key}"), (*names, key))
    elif isinstance(value, list) and is_set(names):
        for each in value:
            yield (*path, "v:" + msgspec.json.encode(each).decode()), each
    elif isinstance(value, list) and (keys := merge_keys(names)) and all(isinstance(each, dict) for each in value):
        for each in value:
            step = encode_key(each, keys)
            yield (*path, step), None
            yield from _walk_item(each, (*path, step), names)
    elif not (path == ("f:metadata",) or path == ("f:spec",)) or value:
        yield path, value


def _walk_item(item: Json, path: FieldPath, names: tuple[str, ...]) -> Iterator[tuple[FieldPath, Any]]:
    for key, each in item.items():
        yield from _walk_fields(each, (*path, f"f:{key}"), (*names, key))


def encode_fields_v1(fields: FieldSet) -> Json:
    tree: Json = {}
    for path in sorted(fields):
        node = tree
        for step in path:
            node = node.setdefault(step, {})
        if path[-1].startswith("k:"):
            node["."] = {}
    return tree


def decode_fields_v1(tree: Json, path: FieldPath = ()) -> FieldSet:
    found: FieldSet = set()
    for step, below in tree.items():
        if step == ".":
            found.add(path)
        elif below:
            found |= decode_fields_v1(below, (*path, step))
        else:
            found.add((*path, step))
    return found


def format_field_path(path: FieldPath) -> str:
    """Format a path as conflicts show it: `.spec.containers[name="web"].image`."""
    return "".join(_format_step(step) for step in path)


def _format_step(step: str) -> str:
    kind, text = step[:2], step[2:]
    if kind == "f:":
        return f".{text}"
    if kind == "v:":
        return f"[={text}]"
    keys = msgspec.json.decode(text)
    return "[" + ",".join(f"{key}={msgspec.json.encode(value).decode()}" for key, value in keys.items()) + "]"
