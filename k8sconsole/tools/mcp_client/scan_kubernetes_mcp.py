"""Scanning a cluster through kubernetes-mcp-server: its tool ``resources_list``, started with ``--list-output yaml``.

See https://github.com/containers/kubernetes-mcp-server.

The server has no discovery. The candidates are the built-in kinds and those of the cluster's CustomResourceDefinitions. The server sends
about five requests per second to the API server, so only kinds that not every Kubernetes version serves are probed.
"""

import asyncio
from collections.abc import AsyncIterator
from functools import cache
from typing import Any

import msgspec

from k8sconsole.cluster.port import Discovery, RawPage
from k8sconsole.errors import NotFound, ToolFailed
from k8sconsole.kit.text import format_yaml_problem
from k8sconsole.model.clusters import ClusterIdentity
from k8sconsole.model.refs import ApiResource
from k8sconsole.model.resources import BUILTIN
from k8sconsole.tools.mcp_client.scan_calls import ScanClient
from k8sconsole.tools.mcp_client.session import McpToolResult

_DEFINITIONS = next(one for one in BUILTIN if one.plural == "customresourcedefinitions")
_NO_OBJECT = "metadata.name=k8sconsole-probes-whether-this-is-served"
"""A field selector that matches no object."""
_CONCURRENT_PROBES = 3
_VERSION_DEPENDENT_GROUPS = frozenset({"resource.k8s.io", "flowcontrol.apiserver.k8s.io"})
_VERSION_DEPENDENT_PREFIXES = (
    "mutatingadmission",
    "validatingadmission",
    "ipaddresses",
    "servicecidrs",
    "volumeattributesclasses",
    "componentstatuses",
)
"""Prefixes of plurals. These and the groups are not served by Kubernetes 1.29, or no longer by a later version."""


class KubernetesMcpDialect:
    """Implements ``scan_source.ScanDialect``."""

    list_tool = "resources_list"

    def __init__(self, client: ScanClient) -> None:
        self._client = client

    async def version(self) -> str:
        """Always empty: the server does not report it. One list call checks that the cluster is reachable."""
        await self._client.call(self.list_tool, apiVersion="v1", kind="Namespace", **self._empty_selector())
        return ""

    async def identity(self) -> ClusterIdentity:
        body = await self._get_object(apiVersion="v1", kind="Namespace", name="kube-system")
        return ClusterIdentity(str((body.get("metadata") or {}).get("uid") or ""))

    async def discover(self) -> Discovery:
        probes = asyncio.Semaphore(_CONCURRENT_PROBES)
        candidates = [*BUILTIN, *await self._custom_resources()]
        served = await asyncio.gather(*(self._is_served(one, probes) for one in candidates))
        return Discovery([one for one, there in zip(candidates, served, strict=True) if there])

    async def pages(self, resource: ApiResource, namespace: str | None, limit: int) -> AsyncIterator[RawPage]:
        """A single page: the server does not paginate."""
        namespace_argument = {"namespace": namespace} if namespace else {}
        result = await self._client.call(self.list_tool, apiVersion=resource.api_version, kind=resource.kind, **namespace_argument)
        items = await asyncio.to_thread(_list_items, result)
        kind = {"apiVersion": resource.api_version, "kind": resource.kind}
        yield RawPage([msgspec.Raw(msgspec.json.encode(kind | item)) for item in items], "", size=len(result.text))

    async def get(self, resource: ApiResource, namespace: str | None, name: str) -> bytes:
        """Raises NotFound."""
        namespace_argument = {"namespace": namespace} if namespace else {}
        return msgspec.json.encode(
            await self._get_object(apiVersion=resource.api_version, kind=resource.kind, name=name, **namespace_argument)
        )

    async def _get_object(self, **arguments: str) -> dict[str, Any]:
        result = await self._client.call("resources_get", **arguments)
        found = result.data if isinstance(result.data, dict) else await asyncio.to_thread(_parse_yaml, result.text)
        return found if isinstance(found, dict) else {}

    async def _custom_resources(self) -> list[ApiResource]:
        async for page in self.pages(_DEFINITIONS, None, 0):
            return [found for item in page.items if (found := _parse_definition(msgspec.json.decode(item))) is not None]
        return []

    async def _is_served(self, resource: ApiResource, probes: asyncio.Semaphore) -> bool:
        """Whether the cluster serves the kind. A list that is refused counts as served."""
        if resource.group not in _VERSION_DEPENDENT_GROUPS and not resource.plural.startswith(_VERSION_DEPENDENT_PREFIXES):
            return True
        async with probes:
            try:
                await self._client.call(self.list_tool, apiVersion=resource.api_version, kind=resource.kind, **self._empty_selector())
            except NotFound:
                return False
            except ToolFailed:
                return True
        return True

    def _empty_selector(self) -> dict[str, str]:
        """Arguments for an empty list, if the tool has a field selector."""
        spec = self._client.find_tool(self.list_tool)
        known = spec.schema.get("properties") or {} if spec else {}
        return {"fieldSelector": _NO_OBJECT} if "fieldSelector" in known else {}


def _list_items(result: McpToolResult) -> list[dict[str, Any]]:
    """The objects of a list. Raises ToolFailed if the result is a text table."""
    structured = result.data.get("items") if isinstance(result.data, dict) else None
    found = structured if isinstance(structured, list) else _parse_yaml(result.text)
    if not found:
        return []
    if not isinstance(found, list) or not all(isinstance(item, dict) and isinstance(item.get("metadata"), dict) for item in found):
        raise ToolFailed("the server lists objects as tables", "scanning needs YAML", "args: [--list-output, yaml]")
    return found


def _parse_definition(definition: dict[str, Any]) -> ApiResource | None:
    """The kind that a CustomResourceDefinition defines, at its storage version. None if it is not served."""
    spec = definition.get("spec") or {}
    names, versions = spec.get("names") or {}, [one for one in spec.get("versions") or () if one.get("served")]
    if not versions or not names.get("plural"):
        return None
    version = next((one for one in versions if one.get("storage")), versions[0])
    kind, short = str(names.get("kind")), tuple(names.get("shortNames") or ())
    singular = str(names.get("singular") or kind.lower())
    scope = spec.get("scope") == "Namespaced"
    return ApiResource(spec.get("group", ""), version["name"], kind, names["plural"], scope, singular, short, (), ("get", "list"))


@cache
def _loader() -> Any:
    """A safe YAML loader that keeps times as text, as JSON does."""
    import yaml

    class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
        pass

    resolvers = Loader.yaml_implicit_resolvers.items()
    Loader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in known if tag != "tag:yaml.org,2002:timestamp"] for first, known in resolvers
    }
    return Loader


def _parse_yaml(text: str) -> Any:
    import yaml

    try:
        return yaml.load(text, Loader=_loader())  # noqa: S506  derived from the safe loader
    except yaml.YAMLError as cause:
        raise ToolFailed("the server's answer is not YAML", format_yaml_problem(cause), "args: [--list-output, yaml]") from cause
