"""Revisions of StatefulSets and DaemonSets: one ControllerRevision per template; the current one has the highest number."""

from k8sconsole.demo.resources import ServedResource
from k8sconsole.demo.world.controller import ControllerContext, Json, owner_reference
from k8sconsole.demo.world.kinds import DAEMON_SETS, REVISIONS, STATEFUL_SETS
from k8sconsole.demo.world.seeds import hash_template

POD_LABEL = "controller-revision-hash"
"""The label with a pod's revision: the revision's hash for a DaemonSet, its name for a StatefulSet."""
_HASH_LABEL = {DAEMON_SETS.key: POD_LABEL, STATEFUL_SETS.key: "controller.kubernetes.io/hash"}


def ensure_revision(context: ControllerContext, owner: Json, resource: ServedResource) -> Json:
    """The revision of the owner's template. It is created for a new template and renumbered for one that returned."""
    known = context.find_owned(owner, REVISIONS)
    name = f"{owner['metadata']['name']}-{hash_template(owner['spec']['template'])}"
    highest = max((each["revision"] for each in known), default=0)
    found = next((each for each in known if each["metadata"]["name"] == name), None)
    if found is None:
        return context.store.create(REVISIONS, _build_revision(owner, resource, name, highest + 1))
    if found["revision"] < highest:
        return context.store.mutate(REVISIONS, owner["metadata"]["namespace"], name, lambda fresh: fresh.update(revision=highest + 1))
    return found


def delete_oldest(context: ControllerContext, owner: Json, in_use: set[str]) -> None:
    """Delete the oldest unused revisions beyond the history limit."""
    unused = [each for each in context.find_owned(owner, REVISIONS) if each["metadata"]["name"] not in in_use]
    surplus = len(unused) - owner["spec"].get("revisionHistoryLimit", 10)
    for each in sorted(unused, key=lambda each: int(each["revision"]))[: max(0, surplus)]:
        context.store.delete(REVISIONS, each["metadata"]["namespace"], each["metadata"]["name"])


def _build_revision(owner: Json, resource: ServedResource, name: str, number: int) -> Json:
    template = owner["spec"]["template"]
    return {
        "apiVersion": "apps/v1",
        "kind": "ControllerRevision",
        "metadata": {
            "name": name,
            "namespace": owner["metadata"]["namespace"],
            "labels": {**template.get("metadata", {}).get("labels", {}), _HASH_LABEL[resource.key]: name.rpartition("-")[2]},
            "annotations": _change_cause(owner),
            "ownerReferences": [owner_reference(owner, resource)],
        },
        # A client that undoes a rollout sends this back as a strategic patch.
        "data": {"spec": {"template": {**template, "$patch": "replace"}}},
        "revision": number,
    }


def _change_cause(owner: Json) -> dict[str, str]:
    return {name: value for name, value in owner["metadata"].get("annotations", {}).items() if name == "kubernetes.io/change-cause"}
