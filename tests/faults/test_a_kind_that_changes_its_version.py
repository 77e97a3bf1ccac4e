"""A custom kind that is served in another version while it is scanned: its objects stay, and their rows follow."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from k8sconsole.cluster.port import PatchType
from k8sconsole.demo.server import DemoCluster
from k8sconsole.model.refs import ApiResource, Namespace, ObjectRef
from k8sconsole.store.port import RowQuery
from k8sconsole.store.sqlite.open import open_store
from tests.faults.test_scanner_faults import Site
from tests.waiting import wait_until

pytestmark = pytest.mark.fast_clock

DEFINITIONS = ApiResource("apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions", False)
OLD, NEW = (ApiResource("example.com", version, "Widget", "widgets", True) for version in ("v1alpha1", "v1"))
NAME = "widgets.example.com"


def _version(name: str, column: str, *, served: bool = True) -> dict[str, Any]:
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    columns = [{"name": column, "type": "string", "jsonPath": ".spec.size"}]
    return {"name": name, "served": served, "storage": served, "schema": schema, "additionalPrinterColumns": columns}


class Workshop(Site):
    """A demo cluster with widgets of one version."""

    async def defines(self) -> None:
        names = {"plural": "widgets", "singular": "widget", "kind": "Widget"}
        spec = {"group": "example.com", "scope": "Namespaced", "names": names, "versions": [_version("v1alpha1", "Size")]}
        body = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": NAME}, "spec": spec}
        await self.cluster.create(DEFINITIONS, None, json.dumps(body).encode())

    async def moves_on(self, column: str) -> None:
        """The old version is served no more, the new one is, with this column."""
        versions = [_version("v1alpha1", "Size", served=False), _version("v1", column)]
        await self.cluster.patch(DEFINITIONS, None, NAME, json.dumps({"spec": {"versions": versions}}).encode(), PatchType.MERGE)

    async def makes(self, resource: ApiResource, name: str) -> None:
        body = {"apiVersion": resource.api_version, "kind": "Widget", "metadata": {"name": name}, "spec": {"size": "large"}}
        await self.cluster.create(resource, "default", json.dumps(body).encode())

    async def counts(self, objects: int) -> bool:
        """The state is recorded a moment after the rows."""
        state = await self.state(NAME)
        return state is not None and (state.record_count, state.error) == (objects, "")

    async def knows(self, name: str, resource: ApiResource, column: str) -> bool:
        body = await self.store.objects.body(ObjectRef(self.name, NEW.name, Namespace("default"), name))
        place = (await self.store.metadata.table(self.name, NEW.name)).index(column)
        rows = (await self.store.objects.rows(RowQuery(NEW.name, name=name))).rows
        shown = place is not None and [row.cells[place] for row in rows] == ["large"]
        return shown and body is not None and json.loads(body)["apiVersion"] == resource.api_version


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Workshop]:
    async with DemoCluster("calm-shop", still=True) as demo:
        store = await open_store(tmp_path / "cache.db")
        made = Workshop(demo, store)
        await made.begin()
        yield made
        await made.end()
        await store.close()


@pytest.mark.parametrize("column", ["Measure", "Size"], ids=["with other columns", "with the same columns"])
async def test_a_kind_that_is_served_in_another_version_keeps_its_objects_and_their_rows_follow(site: Workshop, column: str) -> None:
    await site.defines()
    await site.makes(OLD, "before")
    await wait_until(lambda: site.knows("before", OLD, "SIZE"))
    await wait_until(lambda: site.watches(NAME))
    await site.moves_on(column)
    await wait_until(lambda: site.knows("before", NEW, column.upper()))
    await wait_until(lambda: site.watches(NAME))
    await site.makes(NEW, "after")
    await wait_until(lambda: site.knows("after", NEW, column.upper()))
    life = (await site.store.history.versions(ObjectRef(site.name, NEW.name, Namespace("default"), "before"))).versions
    assert [version.change.value for version, _ in life] == ["added"], "that it is served otherwise is no change of the object"
    await wait_until(lambda: site.counts(2))


async def test_a_version_that_changed_between_two_scans_is_followed_too(site: Workshop) -> None:
    await site.defines()
    await site.makes(OLD, "before")
    await wait_until(lambda: site.knows("before", OLD, "SIZE"))
    await wait_until(lambda: site.watches(NAME))
    await site.coordinator.close()
    await site.moves_on("Size")
    await site.cluster.close()
    await site.begin()
    await wait_until(lambda: site.knows("before", NEW, "SIZE"))
