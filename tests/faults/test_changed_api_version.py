"""A custom kind that is served in another version while it is scanned: its objects stay, and their rows are updated."""

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


class WidgetSite(Site):
    """A demo cluster with a custom kind ``widgets`` that is first served as v1alpha1."""

    async def define_kind(self) -> None:
        names = {"plural": "widgets", "singular": "widget", "kind": "Widget"}
        spec = {"group": "example.com", "scope": "Namespaced", "names": names, "versions": [_version("v1alpha1", "Size")]}
        body = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": NAME}, "spec": spec}
        await self.cluster.create(DEFINITIONS, None, json.dumps(body).encode())

    async def switch_version(self, column: str) -> None:
        """Stops serving v1alpha1 and serves v1 with this printer column."""
        versions = [_version("v1alpha1", "Size", served=False), _version("v1", column)]
        await self.cluster.patch(DEFINITIONS, None, NAME, json.dumps({"spec": {"versions": versions}}).encode(), PatchType.MERGE)

    async def create_widget(self, resource: ApiResource, name: str) -> None:
        body = {"apiVersion": resource.api_version, "kind": "Widget", "metadata": {"name": name}, "spec": {"size": "large"}}
        await self.cluster.create(resource, "default", json.dumps(body).encode())

    async def has_count(self, objects: int) -> bool:
        """The state is recorded a moment after the rows."""
        state = await self.state(NAME)
        return state is not None and (state.record_count, state.error) == (objects, "")

    async def has_widget(self, name: str, resource: ApiResource, column: str) -> bool:
        body = await self.store.objects.body(ObjectRef(self.name, NEW.name, Namespace("default"), name))
        place = (await self.store.metadata.table(self.name, NEW.name)).index(column)
        rows = (await self.store.objects.rows(RowQuery(NEW.name, name=name))).rows
        shown = place is not None and [row.cells[place] for row in rows] == ["large"]
        return shown and body is not None and json.loads(body)["apiVersion"] == resource.api_version


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[WidgetSite]:
    async with DemoCluster("calm-shop", still=True) as demo:
        store = await open_store(tmp_path / "cache.db")
        made = WidgetSite(demo, store)
        await made.begin()
        yield made
        await made.end()
        await store.close()


@pytest.mark.parametrize("column", ["Measure", "Size"], ids=["with other columns", "with the same columns"])
async def test_when_a_kind_is_served_in_another_version_its_objects_stay_and_their_rows_are_updated(site: WidgetSite, column: str) -> None:
    await site.define_kind()
    await site.create_widget(OLD, "before")
    await wait_until(lambda: site.has_widget("before", OLD, "SIZE"))
    await wait_until(lambda: site.watches(NAME))
    await site.switch_version(column)
    await wait_until(lambda: site.has_widget("before", NEW, column.upper()))
    await wait_until(lambda: site.watches(NAME))
    await site.create_widget(NEW, "after")
    await wait_until(lambda: site.has_widget("after", NEW, column.upper()))
    history = (await site.store.history.versions(ObjectRef(site.name, NEW.name, Namespace("default"), "before"))).versions
    assert [version.change.value for version, _ in history] == ["added"], "another served version is no change of the object"
    await wait_until(lambda: site.has_count(2))


async def test_a_served_version_that_changed_between_two_scans_is_noticed(site: WidgetSite) -> None:
    await site.define_kind()
    await site.create_widget(OLD, "before")
    await wait_until(lambda: site.has_widget("before", OLD, "SIZE"))
    await wait_until(lambda: site.watches(NAME))
    await site.coordinator.close()
    await site.switch_version("Size")
    await site.cluster.close()
    await site.begin()
    await wait_until(lambda: site.has_widget("before", NEW, "SIZE"))
