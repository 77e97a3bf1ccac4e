"""Scanning a cluster through another ``k8sconsole mcp``: whole objects from its cache, with the age that it reports."""

from collections.abc import AsyncIterator
from typing import Any

import msgspec

from k8sconsole.cluster.port import Discovery, RawPage
from k8sconsole.errors import ConsoleError, NotFound, ToolFailed
from k8sconsole.kit.clock import parse_rfc3339
from k8sconsole.model.clusters import ClusterIdentity
from k8sconsole.model.refs import ApiResource
from k8sconsole.model.tools import Risk
from k8sconsole.tools.mcp_client.scan_calls import ScanClient

_MAX_TOKENS = 100_000
_MOST_PAGES = 10_000
_STALE_AFTER = 60.0
"""Seconds. An older cache of the other process is refreshed first."""


class K8sconsoleDialect:
    """Implements ``scan_source.ScanDialect``."""

    list_tool = "k8s_list_resources"

    def __init__(self, client: ScanClient) -> None:
        self._client = client

    async def version(self) -> str:
        result = await self._client.call("k8s_get_cluster_info")
        return str(_envelope_data(result.data).get("version") or "")

    async def identity(self) -> ClusterIdentity:
        result = await self._client.call("k8s_list_resources", kind="namespaces", filter="name=kube-system", fields=["uid"])
        items = _envelope_data(result.data).get("items") or [{}]
        return ClusterIdentity(str(items[0].get("uid") or ""))

    async def discover(self) -> Discovery:
        result = await self._client.call("k8s_list_api_resources", max_tokens=_MAX_TOKENS)
        found = [_parse_resource(one) for one in _envelope_data(result.data)["items"]]
        missing = {reason.partition(":")[0]: reason.partition(":")[2].strip() for reason in _freshness(result.data)["missing"]}
        return Discovery(found, missing)

    async def pages(self, resource: ApiResource, namespace: str | None, limit: int) -> AsyncIterator[RawPage]:
        """Refresh the other process's cache if it is stale and ``cache_refresh`` may be called, then read all pages."""
        await self._refresh_if_stale(resource, namespace)
        cursor = ""
        for _ in range(_MOST_PAGES):
            result = await self._page(resource, namespace, limit, cursor)
            freshness = _freshness(result)
            items = [msgspec.Raw(msgspec.json.encode(one)) for one in _envelope_data(result)["items"]]
            observed = parse_rfc3339(freshness["observed_at"]) if freshness["observed_at"] else None
            yield RawPage(items, "", observed_at=observed, missing=tuple(freshness["missing"]))
            cursor = result["page"].get("next") or ""
            if not cursor or not items:
                return

    async def get(self, resource: ApiResource, namespace: str | None, name: str) -> bytes:
        """Read live from the cluster, if the other process can reach it. Raises NotFound."""
        namespace_argument = {"namespace": namespace or "*"} if resource.namespaced else {}
        arguments = {"kind": resource.name, "filter": f'name="{name}"', "fields": ["*"], "limit": 1, "max_tokens": _MAX_TOKENS}
        result = await self._client.call(self.list_tool, **arguments, **namespace_argument, live=True)
        items = _envelope_data(result.data)["items"]
        if not items:
            raise NotFound(f"no {resource.kind} {name}", f"{self._client.server} has no object of that name")
        return msgspec.json.encode(items[0])

    async def _refresh_if_stale(self, resource: ApiResource, namespace: str | None) -> None:
        refresh = self._client.find_tool("cache_refresh")
        if refresh is None or refresh.risk is not Risk.READ:
            return
        age = _freshness(await self._page(resource, namespace, 1, ""))["age_seconds"]
        if age is None or age > _STALE_AFTER:
            await self._client.call("cache_refresh", kind=resource.name)

    async def _page(self, resource: ApiResource, namespace: str | None, limit: int, cursor: str) -> Any:
        arguments: dict[str, Any] = {"kind": resource.name, "fields": ["*"], "limit": limit, "max_tokens": _MAX_TOKENS}
        namespace_argument = {"namespace": namespace or "*"} if resource.namespaced else {}
        return (await self._client.call(self.list_tool, **arguments, **namespace_argument, cursor=cursor)).data


def _envelope_data(result: Any) -> dict[str, Any]:
    data = result.get("data") if isinstance(result, dict) else None
    if not isinstance(data, dict):
        raise _format_error()
    return data


def _freshness(result: Any) -> dict[str, Any]:
    fresh = result.get("freshness") if isinstance(result, dict) else None
    if not isinstance(fresh, dict):
        raise _format_error()
    return {key: fresh.get(key) for key in ("observed_at", "age_seconds")} | {"missing": fresh.get("missing") or ()}


def _format_error() -> ConsoleError:
    return ToolFailed(
        "the attached server's reply has an unknown form", "it runs another version of k8sconsole", "install the same version on both sides"
    )


def _parse_resource(one: dict[str, Any]) -> ApiResource:
    group, _, version = str(one["api_version"]).rpartition("/")
    plural = str(one["name"]).partition(".")[0]
    names, verbs = tuple(one.get("short_names") or ()), tuple(one.get("verbs") or ())
    return ApiResource(group, version, one["kind"], plural, bool(one.get("namespaced")), one["kind"].lower(), names, (), verbs)
