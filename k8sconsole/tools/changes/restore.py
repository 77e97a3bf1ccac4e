"""Restoring an old version. History stores objects masked, so a field can be restored only if its old value was not masked."""

from collections.abc import Sequence
from typing import Any

from k8sconsole.errors import Invalid, argument_details
from k8sconsole.kit.masks import is_masked
from k8sconsole.model.differences import Difference, apply_differences, find_differences, format_difference
from k8sconsole.model.masking import mask_object
from k8sconsole.tools.changes.edits import collect_strings
from k8sconsole.tools.changes.target import TargetObject

_SERVER_FIELDS = frozenset(
    (
        "resourceVersion",
        "uid",
        "generation",
        "creationTimestamp",
        "managedFields",
        "selfLink",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
    )
)


def restore_version(target: TargetObject, live: dict[str, Any], old: dict[str, Any]) -> tuple[dict[str, Any], list[Difference]]:
    """The object to write, and its changes. live: unmasked. old: masked. Raises Invalid if a masked value would have to be restored."""
    changes = find_differences(_writable_fields(mask_object(target.resource.name, live)), _writable_fields(old))
    _refuse_masked(target, [change.new for change in changes], [change.path for change in changes])
    wanted: dict[str, Any] = apply_differences(_writable_fields(live), changes)
    meta = {key: value for key, value in live["metadata"].items() if key in ("resourceVersion", "uid")}
    wanted = {**_type_meta(target), **wanted, "metadata": {**wanted["metadata"], **meta}}
    return ({**wanted, "status": live["status"]} if "status" in live else wanted), changes


def recreation_manifest(target: TargetObject, old: dict[str, Any]) -> dict[str, Any]:
    """The manifest that recreates a deleted object. Raises Invalid if part of it is masked."""
    wanted = _writable_fields(old)
    _refuse_masked(target, [wanted], [target.label])
    meta = {key: value for key, value in wanted["metadata"].items() if key not in ("ownerReferences", "finalizers")}
    spec = dict(wanted["spec"]) if isinstance(wanted.get("spec"), dict) else None
    if spec is not None and target.resource.name == "pods":
        spec.pop("nodeName", None)
    return {**_type_meta(target), **wanted, "metadata": meta, **({"spec": spec} if spec is not None else {})}


def format_changes(changes: Sequence[Difference]) -> list[str]:
    return [format_difference(change) for change in changes]


def _writable_fields(obj: dict[str, Any]) -> dict[str, Any]:
    """The fields that a client may set: no status, no server fields, no kind and apiVersion."""
    meta = {key: value for key, value in (obj.get("metadata") or {}).items() if key not in _SERVER_FIELDS}
    return {**{key: value for key, value in obj.items() if key not in ("status", "apiVersion", "kind")}, "metadata": meta}


def _type_meta(target: TargetObject) -> dict[str, str]:
    return {"apiVersion": target.resource.api_version, "kind": target.resource.kind}


def _refuse_masked(target: TargetObject, values: list[Any], paths: list[str]) -> None:
    hidden = [path for value, path in zip(values, paths, strict=True) if any(is_masked(text) for text in collect_strings(value))]
    if hidden:
        details = argument_details("resource_version", "a version with masked values", fields=hidden)
        why = f"the history has no values for {', '.join(hidden)}: they are masked"
        raise Invalid(f"{target.label} cannot be restored", why, "k8s_patch_resource for those fields", details)
