"""Serves the kinds of CustomResourceDefinitions, from the time a definition is stored until it is deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from k8sconsole.demo.clock import format_timestamp
from k8sconsole.demo.resources import ALL_VERBS, RESOURCES, ServedResource

if TYPE_CHECKING:
    from collections.abc import Iterator

    from k8sconsole.demo.history import StoreEvent
    from k8sconsole.demo.storage import ObjectStore

Json = dict[str, Any]
DEFINITIONS = RESOURCES["apiextensions.k8s.io/customresourcedefinitions"]


def serve_definitions(store: ObjectStore) -> None:
    """Serve the kinds of all definitions in the store, present and future."""
    store.observers.append(lambda event: _on_store_event(store, event))
    for definition in store.iterate(DEFINITIONS):
        _serve_definition(store, definition)


def _on_store_event(store: ObjectStore, event: StoreEvent) -> None:
    if event.resource.key != DEFINITIONS.key:
        return
    definition = msgspec.json.decode(event.raw)
    if event.type == "DELETED":
        _withdraw_definition(store, definition)
    else:
        _serve_definition(store, definition)


def _serve_definition(store: ObjectStore, definition: Json) -> None:
    spec = definition["spec"]
    store.registry.remove_group_kind(spec["group"], spec["names"]["plural"])
    for resource in served_resources(definition):
        store.registry.add(resource)
    if not _is_established(definition):
        store.mutate(DEFINITIONS, "", definition["metadata"]["name"], lambda found: _set_established(store, found))


def _withdraw_definition(store: ObjectStore, definition: Json) -> None:
    for resource in served_resources(definition):
        for namespace, name in store.list_keys(resource):
            store.remove(resource, namespace, name)
        store.registry.remove_group_kind(resource.group, resource.plural)


def served_resources(definition: Json) -> Iterator[ServedResource]:
    """One resource per served version of a definition, the storage version first."""
    spec, names = definition["spec"], definition["spec"]["names"]
    for version in sorted(spec["versions"], key=lambda each: not each.get("storage")):
        if not version.get("served", True):
            continue
        yield ServedResource(
            spec["group"],
            version["name"],
            names["kind"],
            names["plural"],
            names.get("singular") or names["kind"].lower(),
            spec.get("scope") == "Namespaced",
            tuple(names.get("shortNames") or ()),
            tuple(names.get("categories") or ()),
            ALL_VERBS,
            tuple(sorted(version.get("subresources") or ())),
            definition=version,
        )


def _is_established(definition: Json) -> bool:
    found = definition.get("status", {}).get("conditions") or ()
    return any(each["type"] == "Established" and each["status"] == "True" for each in found)


def _set_established(store: ObjectStore, definition: Json) -> None:
    now = format_timestamp(store.clock.now())
    conditions = (
        ("NamesAccepted", "NoConflicts", "no conflicts found"),
        ("Established", "InitialNamesAccepted", "the initial names have been accepted"),
    )
    definition["status"] = {
        "conditions": [
            {"type": kind, "status": "True", "reason": reason, "message": message, "lastTransitionTime": now}
            for kind, reason, message in conditions
        ],
        "acceptedNames": definition["spec"]["names"],
        "storedVersions": [each["name"] for each in definition["spec"]["versions"] if each.get("storage")],
    }
