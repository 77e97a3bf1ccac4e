"""Many custom resource definitions at once, as clusters with a service mesh, a cloud's operators and policies have them."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.control_plane.errors import ApiError
from tests.control_plane.plane import ControlPlane
from tests.control_plane.processes import wait_until

_PATH = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_PER_GROUP = 25


def create_definitions(plane: ControlPlane, count: int) -> list[tuple[str, str]]:
    """Creates ``count`` namespaced kinds in groups of 25 and waits until all are served. Returns each one's group and plural."""
    names = [(f"g{number // _PER_GROUP}.many.example.com", f"things{number}") for number in range(count)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda name: plane.api.create(_PATH, _definition(*name)), names))
    for group, plural in names:
        wait_until(lambda: _is_served(plane, f"/apis/{group}/v1/{plural}"), f"{plural} to be served", [])  # noqa: B023
    return names


def create_thing(plane: ControlPlane, group: str, plural: str, name: str, namespace: str = "default") -> dict[str, Any]:
    """Creates an object of such a kind."""
    body = {"apiVersion": f"{group}/v1", "kind": plural.capitalize(), "metadata": {"name": name}, "spec": {}}
    return plane.api.create(f"/apis/{group}/v1/namespaces/{namespace}/{plural}", body)


def _is_served(plane: ControlPlane, path: str) -> bool:
    try:
        return plane.api.exists(path)
    except ApiError as error:
        if error.status != 429:  # "storage is (re)initializing"
            raise
        return False


def _definition(group: str, plural: str) -> dict[str, Any]:
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"kind": plural.capitalize(), "plural": plural, "singular": plural.removesuffix("s")},
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": schema}],
        },
    }
