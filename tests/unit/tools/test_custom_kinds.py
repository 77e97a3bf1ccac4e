"""Lists of a custom kind whose definition was never scanned."""

from typing import Any

import msgspec

from k8sconsole.cluster.port import Cluster
from k8sconsole.model.refs import ApiResource
from k8sconsole.model.resources import BUILTIN
from tests.tool_harness import ToolHarness, shared_demo

demo = shared_demo

DEFINITIONS = next(each for each in BUILTIN if each.plural == "customresourcedefinitions")
WIDGETS = ApiResource("example.com", "v1", "Widget", "widgets", True)


def _definition(**column: Any) -> bytes:
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    version = {"name": "v1", "served": True, "storage": True, "schema": schema, "additionalPrinterColumns": [column]}
    names = {"plural": "widgets", "singular": "widget", "kind": "Widget"}
    spec = {"group": "example.com", "scope": "Namespaced", "names": names, "versions": [version]}
    head = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "widgets.example.com"}}
    return msgspec.json.encode(head | {"spec": spec})


async def test_a_kind_that_was_never_scanned_has_its_definitions_columns(harness: ToolHarness, cluster: Cluster) -> None:
    await cluster.create(DEFINITIONS, None, _definition(name="Last", type="integer", jsonPath=".spec.sizes[-1:]"))
    widget = {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w"}, "spec": {"sizes": [1, 2, 3]}}
    await cluster.create(WIDGETS, "shop", msgspec.json.encode(widget))
    reply = await harness.call("k8s_list_resources", kind="widgets.example.com", namespace="shop")
    assert reply.error is None
    assert [(item["name"], item["last"]) for item in reply.data["items"]] == [("w", 3)]
