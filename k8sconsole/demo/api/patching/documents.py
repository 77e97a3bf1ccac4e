"""JSON patch (RFC 6902) and JSON merge patch (RFC 7396)."""

from __future__ import annotations

import copy
from typing import Any

from k8sconsole.demo import status

Json = dict[str, Any]


def merge_patch(target: Any, patch: Any) -> Any:
    """Merge per RFC 7396: null removes a field, objects are merged, everything else replaces."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge_patch(merged.get(key), value)
    return merged


def apply_json_patch(target: Json, operations: Any) -> Json:
    """Apply a patch per RFC 6902. Raises a 400 status when it is no list, a 422 when an operation fails."""
    if not isinstance(operations, list):
        raise status.bad_request("error decoding patch: json: cannot unmarshal object into Go value of type jsonpatch.Patch")
    document = copy.deepcopy(target)
    for operation in operations:
        try:
            _apply_operation(document, operation)
        except (KeyError, IndexError, ValueError, TypeError) as misfit:
            raise _rejected_status() from misfit
    return document


def _rejected_status() -> status.ApiStatus:
    return status.ApiStatus(422, "Invalid", "the server rejected our request due to an error in our request", {})


def _apply_operation(document: Json, operation: Json) -> None:
    kind, path = operation["op"], _parse_pointer(operation["path"])
    if kind in ("add", "replace"):
        _put_pointer(document, path, operation["value"], insert=kind == "add")
    elif kind == "remove":
        _remove_pointer(document, path)
    elif kind == "test":
        if _get_pointer(document, path) != operation["value"]:
            raise ValueError("test failed")
    elif kind in ("move", "copy"):
        source = _parse_pointer(operation["from"])
        value = copy.deepcopy(_get_pointer(document, source))
        if kind == "move":
            _remove_pointer(document, source)
        _put_pointer(document, path, value, insert=True)
    else:
        raise ValueError(f"unknown operation {kind}")


def _parse_pointer(pointer: str) -> list[str]:
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]


def _get_pointer(document: Any, path: list[str]) -> Any:
    for step in path:
        document = document[int(step)] if isinstance(document, list) else document[step]
    return document


def _put_pointer(document: Json, path: list[str], value: Any, *, insert: bool) -> None:
    parent, last = _get_pointer(document, path[:-1]), path[-1]
    if isinstance(parent, list):
        _put_item(parent, last, value, insert=insert)
    elif insert or last in parent:
        parent[last] = value
    else:
        raise KeyError(last)


def _put_item(parent: list[Any], last: str, value: Any, *, insert: bool) -> None:
    if last == "-":
        parent.append(value)
        return
    position = int(last)
    if position < 0 or position > len(parent) - (0 if insert else 1):
        raise IndexError(last)
    if insert:
        parent.insert(position, value)
    else:
        parent[position] = value


def _remove_pointer(document: Json, path: list[str]) -> None:
    parent, last = _get_pointer(document, path[:-1]), path[-1]
    if isinstance(parent, list):
        del parent[int(last)]
    else:
        del parent[last]
