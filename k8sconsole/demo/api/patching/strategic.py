"""Strategic merge patch: lists merged by key, and `$` directives (after sig-api-machinery's strategic-merge-patch.md)."""

from __future__ import annotations

from typing import Any

from k8sconsole.demo.api.patching.keys import is_set, merge_keys

Json = dict[str, Any]
Path = tuple[str, ...]
_ORDER, _REMOVE = "$setElementOrder/", "$deleteFromPrimitiveList/"


def merge_strategic(original: Json, patch: Json, path: Path = ()) -> Json:
    directive = patch.get("$patch")
    if directive == "replace":
        return {key: value for key, value in patch.items() if key != "$patch"}
    if directive == "delete":
        return {}
    merged = dict(original)
    for key, value in patch.items():
        if not key.startswith("$"):
            _merge_field(merged, key, value, (*path, key))
    _apply_directives(merged, patch, path)
    return merged


def _merge_field(merged: Json, key: str, value: Any, path: Path) -> None:
    if value is None:
        merged.pop(key, None)
    elif isinstance(value, dict):
        before = merged.get(key)
        merged[key] = merge_strategic(before if isinstance(before, dict) else {}, value, path)
    elif isinstance(value, list):
        merged[key] = _merge_list(merged.get(key) or [], value, path)
    else:
        merged[key] = value


def _merge_list(before: list[Any], patch: list[Any], path: Path) -> list[Any]:
    if any(isinstance(item, dict) and item.get("$patch") == "replace" for item in patch):
        return [item for item in patch if not (isinstance(item, dict) and "$patch" in item)]
    if is_set(path):
        return before + [item for item in patch if item not in before]
    keys = merge_keys(path)
    if not keys:
        return [_strip_directives(item) for item in patch]
    return _merge_list_items(before, patch, keys[0], path)


def _merge_list_items(before: list[Json], patch: list[Json], key: str, path: Path) -> list[Json]:
    merged = list(before)
    for item in patch:
        at = next((position for position, found in enumerate(merged) if found.get(key) == item.get(key)), None)
        if item.get("$patch") == "delete":
            merged = [found for found in merged if found.get(key) != item.get(key)]
        elif at is None:
            merged.append(merge_strategic({}, item, path))
        else:
            merged[at] = merge_strategic(merged[at], item, path)
    return merged


def _strip_directives(value: Any) -> Any:
    """A replacement value without directives and nulls."""
    if isinstance(value, dict):
        return {key: _strip_directives(each) for key, each in value.items() if each is not None and not key.startswith("$")}
    return value


def _apply_directives(merged: Json, patch: Json, path: Path) -> None:
    for directive, value in patch.items():
        if directive.startswith(_REMOVE):
            field = directive.removeprefix(_REMOVE)
            merged[field] = [item for item in merged.get(field) or [] if item not in value]
        elif directive.startswith(_ORDER):
            field = directive.removeprefix(_ORDER)
            if isinstance(merged.get(field), list):
                merged[field] = _reorder_items(merged[field], value, merge_keys((*path, field)))
        elif directive == "$retainKeys":
            for field in [field for field in merged if field not in value]:
                del merged[field]


def _reorder_items(items: list[Any], order: list[Any], keys: tuple[str, ...]) -> list[Any]:
    """Reorder the items that `order` names among their own positions. Other items stay in place."""

    def identity(item: Any) -> Any:
        return item.get(keys[0]) if keys and isinstance(item, dict) else item

    rank = {identity(item): position for position, item in reversed(list(enumerate(order)))}
    named = sorted((item for item in items if identity(item) in rank), key=lambda item: rank[identity(item)])
    following = iter(named)
    return [next(following) if identity(item) in rank else item for item in items]
