"""metadata.managedFields: which manager owns which fields, updated with every write."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from k8sconsole.demo.api.patching.fields import FieldPath, FieldSet, collect_fields, decode_fields_v1, encode_fields_v1

if TYPE_CHECKING:
    from collections.abc import Iterable

Json = dict[str, Any]
BEFORE_APPLY = "before-first-apply"


@dataclass(frozen=True, slots=True)
class FieldManager:
    """A writer of fields: its name, the operation (Update or Apply), API version, subresource and time (RFC 3339)."""

    manager: str
    operation: str
    api_version: str
    subresource: str
    time: str

    def owns(self, entry: Json) -> bool:
        return (entry["manager"], entry["operation"], entry.get("subresource", "")) == (self.manager, self.operation, self.subresource)

    def build_entry(self, fields: FieldSet) -> Json:
        found: Json = {
            "manager": self.manager,
            "operation": self.operation,
            "apiVersion": self.api_version,
            "time": self.time,
            "fieldsType": "FieldsV1",
            "fieldsV1": encode_fields_v1(fields),
        }
        return found | ({"subresource": self.subresource} if self.subresource else {})


def track_update(old: Json | None, new: Json, writer: FieldManager) -> None:
    """Assign the changed fields to the writer and remove them from all other managers.

    An existing object without managedFields (one that a controller made) stays untracked until its first apply, as on the real server.
    """
    entries = (old["metadata"].get("managedFields") or []) if old else []
    if old is not None and not entries:
        new["metadata"].pop("managedFields", None)
        return
    before, after = collect_fields(old) if old else {}, collect_fields(new)
    changed = {path for path, value in after.items() if path not in before or before[path] != value}
    if not changed and before.keys() == after.keys():
        new["metadata"]["managedFields"] = entries
        return
    new["metadata"]["managedFields"] = _add_fields(
        _remove_fields(entries, writer, changed | (before.keys() - after.keys())), writer, changed, after.keys()
    )


def _remove_fields(entries: Iterable[Json], writer: FieldManager, taken: FieldSet) -> list[Json]:
    remaining = []
    for entry in entries:
        fields = decode_fields_v1(entry["fieldsV1"])
        remaining_fields = fields if writer.owns(entry) else fields - taken
        if remaining_fields == fields:
            remaining.append(entry)
        elif remaining_fields:
            remaining.append({**entry, "fieldsV1": encode_fields_v1(remaining_fields)})
    return remaining


def _add_fields(entries: list[Json], writer: FieldManager, gained: FieldSet, present: Iterable[FieldPath]) -> list[Json]:
    own = next((entry for entry in entries if writer.owns(entry)), None)
    others = [entry for entry in entries if entry is not own]
    owned = (decode_fields_v1(own["fieldsV1"]) & set(present) if own else set()) | gained
    return [*others, writer.build_entry(owned)] if owned else others


def entries_before_apply(obj: Json, writer: FieldManager) -> list[Json]:
    """The managedFields entries before an apply. The fields of an untracked object belong to `before-first-apply`."""
    entries: list[Json] = obj["metadata"].get("managedFields") or []
    if entries:
        return entries
    first = FieldManager(BEFORE_APPLY, "Update", writer.api_version, "", writer.time)
    fields = set(collect_fields({key: value for key, value in obj.items() if key != "status"}))
    return [first.build_entry(fields)] if fields else []


def record_apply(obj: Json, entries: list[Json], writer: FieldManager, applied: FieldSet, taken: FieldSet) -> None:
    """Record an apply: the writer owns exactly the applied fields. Fields taken by force are removed from other managers."""
    others = [entry for entry in _remove_fields(entries, writer, taken) if not writer.owns(entry)]
    obj["metadata"]["managedFields"] = [*others, writer.build_entry(applied)]
