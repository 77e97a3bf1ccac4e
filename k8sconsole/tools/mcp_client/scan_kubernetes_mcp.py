"""Reading a cluster through kubernetes-mcp-server: its ``resources_list``, started with ``--list-output yaml``.

See https://github.com/containers/kubernetes-mcp-server.

It names no kinds, so those that clusters have are asked for, and those that its definitions name. It asks the API server some five times a
second and no faster, so only what came to Kubernetes of late is asked about first.
"""

import asyncio
from collections.abc import AsyncIterator
from functools import cache
from typing import Any

import msgspec

from k8sconsole.cluster.port import Discovery, RawPage
from k8sconsole.errors import NotFound, ToolFailed
from k8sconsole.model.clusters import ClusterIdentity
from k8sconsole.model.refs import ApiResource
from k8sconsole.model.resources import BUILTIN
from k8sconsole.tools.mcp_client.scan_calls import ScanClient
from k8sconsole.tools.mcp_client.session import McpToolResult

_DEFINITIONS = next(one for one in BUILTIN if one.plural == "customresourcedefinitions")
_NOBODY = "metadata.name=k8sconsole-asks-whether-this-is-served"
_AT_A_TIME = 3
_OF_LATE = frozenset({"resource.k8s.io", "flowcontrol.apiserver.k8s.io"})
_OF_LATE_TOO = ("mutatingadmission", "validatingadmission", "ipaddresses", "servicecidrs", "volumeattributesclasses", "componentstatuses")
"""Groups and beginnings of plurals that a cluster of 1.29 does not serve, or a later one no longer."""


class KubernetesMcpDialect:
    needs = "resources_list"

    def __init__(self, asking: ScanClient) -> None:
        self._asking = asking

    async def version(self) -> str:
        """It does not tell."""
        await self._asking.ask(self.needs, apiVersion="v1", kind="Namespace", **self._selecting())
        return ""

    async def identity(self) -> ClusterIdentity:
        whole = await self._one(apiVersion="v1", kind="Namespace", name="kube-system")
        return ClusterIdentity(str((whole.get("metadata") or {}).get("uid") or ""))

    async def discover(self) -> Discovery:
        places = asyncio.Semaphore(_AT_A_TIME)
        candidates = [*BUILTIN, *await self._custom()]
        served = await asyncio.gather(*(self._served(one, places) for one in candidates))
        return Discovery([one for one, there in zip(candidates, served, strict=True) if there])

    async def pages(self, resource: ApiResource, namespace: str | None, limit: int) -> AsyncIterator[RawPage]:
        """One page: it has no others."""
        spaces = {"namespace": namespace} if namespace else {}
        answer = await self._asking.ask(self.needs, apiVersion=resource.api_version, kind=resource.kind, **spaces)
        items = await asyncio.to_thread(_items, answer)
        kind = {"apiVersion": resource.api_version, "kind": resource.kind}
        yield RawPage([msgspec.Raw(msgspec.json.encode(kind | item)) for item in items], "", size=len(answer.text))

    async def get(self, resource: ApiResource, namespace: str | None, name: str) -> bytes:
        """Raises NotFound."""
        spaces = {"namespace": namespace} if namespace else {}
        return msgspec.json.encode(await self._one(apiVersion=resource.api_version, kind=resource.kind, name=name, **spaces))

    async def _one(self, **which: str) -> dict[str, Any]:
        answer = await self._asking.ask("resources_get", **which)
        found = answer.data if isinstance(answer.data, dict) else await asyncio.to_thread(_loaded, answer.text)
        return found if isinstance(found, dict) else {}

    async def _custom(self) -> list[ApiResource]:
        async for page in self.pages(_DEFINITIONS, None, 0):
            return [found for item in page.items if (found := _defined(msgspec.json.decode(item))) is not None]
        return []

    async def _served(self, resource: ApiResource, places: asyncio.Semaphore) -> bool:
        """What is merely refused is served."""
        if resource.group not in _OF_LATE and not resource.plural.startswith(_OF_LATE_TOO):
            return True
        async with places:
            try:
                await self._asking.ask(self.needs, apiVersion=resource.api_version, kind=resource.kind, **self._selecting())
            except NotFound:
                return False
            except ToolFailed:
                return True
        return True

    def _selecting(self) -> dict[str, str]:
        """An answer without rows is enough where one can be had."""
        spec = self._asking.knows(self.needs)
        known = spec.schema.get("properties") or {} if spec else {}
        return {"fieldSelector": _NOBODY} if "fieldSelector" in known else {}


def _items(answer: McpToolResult) -> list[dict[str, Any]]:
    """Raises ToolFailed where the answer is a table: its rows are no objects."""
    told = answer.data.get("items") if isinstance(answer.data, dict) else None
    found = told if isinstance(told, list) else _loaded(answer.text)
    if not found:
        return []
    if not isinstance(found, list) or not all(isinstance(item, dict) and isinstance(item.get("metadata"), dict) for item in found):
        raise ToolFailed("its lists are tables", "objects can only be read out of YAML", "args: [--list-output, yaml]")
    return found


def _defined(definition: dict[str, Any]) -> ApiResource | None:
    """The kind of a CustomResourceDefinition, at the version it is stored in."""
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
    """YAML as JSON would have it: a time stays the text it is."""
    import yaml

    class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
        pass

    resolvers = Loader.yaml_implicit_resolvers.items()
    Loader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in known if tag != "tag:yaml.org,2002:timestamp"] for first, known in resolvers
    }
    return Loader


def _loaded(text: str) -> Any:
    import yaml

    try:
        return yaml.load(text, Loader=_loader())  # noqa: S506  a safe loader that leaves times alone
    except yaml.YAMLError as cause:
        raise ToolFailed("its answer is no YAML", " ".join(str(cause).split())[:200], "args: [--list-output, yaml]") from cause
