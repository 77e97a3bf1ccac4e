"""Server-side apply: merge the applied fields, remove those no longer applied, report fields of other managers as conflicts."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import msgspec

from k8sconsole.demo import status
from k8sconsole.demo.api.patching import managers
from k8sconsole.demo.api.patching.fields import FieldPath, FieldSet, collect_fields, decode_fields_v1, encode_key, format_field_path
from k8sconsole.demo.api.patching.keys import is_atomic, is_set, merge_keys

if TYPE_CHECKING:
    from k8sconsole.demo.api.patching.managers import FieldManager

Json = dict[str, Any]


def apply_fields(live: Json | None, applied: Json, writer: FieldManager, *, force: bool) -> Json:
    """Apply an object and return the result with its managedFields. Raises a 409 status that names the conflicting managers."""
    given = collect_fields(applied)
    if live is None:
        created = copy.deepcopy(applied)
        managers.record_apply(created, [], writer, set(given), set())
        return created
    entries = managers.entries_before_apply(live, writer)
    contested = _find_contested(collect_fields(live), given)
    conflicts = [(entry, decode_fields_v1(entry["fieldsV1"]) & contested) for entry in entries if not writer.owns(entry)]
    conflicts = [(entry, paths) for entry, paths in conflicts if paths]
    if conflicts and not force:
        raise _conflict_status(conflicts)
    new: Json = _merge_applied(live, applied, ())
    for path in _find_abandoned(entries, writer, given):
        _remove_path(new, path)
    managers.record_apply(new, entries, writer, set(given), contested if force else set())
    return new


def _find_contested(live: dict[FieldPath, Any], given: dict[FieldPath, Any]) -> FieldSet:
    """The live fields whose value or structure the apply would change."""
    return {path for path, value in given.items() if path in live and live[path] != value}


def _find_abandoned(entries: list[Json], writer: FieldManager, given: dict[FieldPath, Any]) -> list[FieldPath]:
    """Fields that this manager applied before, no longer applies, and no other manager owns; deepest first."""
    own: FieldSet = set()
    others: FieldSet = set()
    for entry in entries:
        fields = decode_fields_v1(entry["fieldsV1"])
        if writer.owns(entry):
            own |= fields
        else:
            others |= fields
    return sorted((path for path in own - set(given) if not _is_owned(path, others)), key=len, reverse=True)


def _is_owned(path: FieldPath, others: FieldSet) -> bool:
    return any(other[: len(path)] == path for other in others)


def _conflict_status(conflicts: list[tuple[Json, FieldSet]]) -> status.ApiStatus:
    found = [(_describe_manager(entry), format_field_path(path)) for entry, paths in conflicts for path in sorted(paths)]
    causes = [{"reason": "FieldManagerConflict", "message": f"conflict with {manager}", "field": field} for manager, field in found]
    names = list(dict.fromkeys(manager for manager, _ in found))
    if len(found) == 1:
        text = f"conflict with {found[0][0]}: {found[0][1]}"
    else:
        text = "\n".join(
            f"conflicts with {name}:\n" + "\n".join(f"- {field}" for manager, field in found if manager == name) for name in names
        )
    plural = "conflict" if len(found) == 1 else "conflicts"
    return status.ApiStatus(409, "Conflict", f"Apply failed with {len(found)} {plural}: {text}", {"causes": causes})


def _describe_manager(entry: Json) -> str:
    through = f' with subresource "{entry["subresource"]}"' if entry.get("subresource") else ""
    return f'"{entry["manager"]}"{through} using {entry["apiVersion"]}'


def _merge_applied(live: Any, applied: Any, names: tuple[str, ...]) -> Any:
    if isinstance(live, dict) and isinstance(applied, dict) and not is_atomic(names):
        merged = dict(live)
        for key, value in applied.items():
            merged[key] = _merge_applied(live.get(key), value, (*names, key)) if key in live else copy.deepcopy(value)
        return merged
    if isinstance(live, list) and isinstance(applied, list):
        if is_set(names):
            return live + [each for each in applied if each not in live]
        if keys := merge_keys(names):
            return _merge_keyed_items(live, applied, keys, names)
    return copy.deepcopy(applied)


def _merge_keyed_items(live: list[Json], applied: list[Json], keys: tuple[str, ...], names: tuple[str, ...]) -> list[Json]:
    merged = list(live)
    places = {encode_key(each, keys): position for position, each in enumerate(live)}
    for each in applied:
        at = places.get(encode_key(each, keys))
        if at is None:
            merged.append(copy.deepcopy(each))
        else:
            merged[at] = _merge_applied(live[at], each, names)
    return merged


def _remove_path(obj: Any, path: FieldPath) -> None:
    """Remove a field or list item if it exists, and the parents that this leaves empty."""
    parents: list[tuple[Any, str]] = []
    for step in path[:-1]:
        parents.append((obj, step))
        obj = _follow_step(obj, step)
        if obj is None:
            return
    _remove_step(obj, path[-1])
    while parents and obj in ({}, []):
        obj, step = parents.pop()
        _remove_step(obj, step)


def _follow_step(obj: Any, step: str) -> Any:
    if step.startswith("f:"):
        return obj.get(step[2:]) if isinstance(obj, dict) else None
    position = _find_position(obj, step)
    return None if position is None else obj[position]


def _find_position(items: Any, step: str) -> int | None:
    if not isinstance(items, list):
        return None
    key = msgspec.json.decode(step[2:])
    for position, item in enumerate(items):
        if step.startswith("v:") and item == key:
            return position
        if step.startswith("k:") and isinstance(item, dict) and encode_key(item, tuple(key)) == step:
            return position
    return None


def _remove_step(obj: Any, step: str) -> None:
    if step.startswith("f:"):
        if isinstance(obj, dict):
            obj.pop(step[2:], None)
        return
    position = _find_position(obj, step)
    if position is not None:
        del obj[position]
