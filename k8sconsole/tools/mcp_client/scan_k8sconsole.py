"""Reading a cluster through another ``k8sconsole mcp``: whole objects out of its cache, as old as it says they are."""

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

_AS_MUCH_AS_FITS = 100_000
_MOST_PAGES = 10_000
_OLD = 60.0


class K8sconsoleDialect:
    needs = "k8s_list_resources"

    def __init__(self, asking: ScanClient) -> None:
        self._asking = asking

    async def version(self) -> str:
        answer = await self._asking.ask("k8s_get_cluster_info")
        return str(_data(answer.data).get("version") or "")

    async def identity(self) -> ClusterIdentity:
        answer = await self._asking.ask("k8s_list_resources", kind="namespaces", filter="name=kube-system", fields=["uid"])
        items = _data(answer.data).get("items") or [{}]
        return ClusterIdentity(str(items[0].get("uid") or ""))

    async def discover(self) -> Discovery:
        answer = await self._asking.ask("k8s_list_api_resources", max_tokens=_AS_MUCH_AS_FITS)
        found = [_resource(one) for one in _data(answer.data)["items"]]
        missing = {reason.partition(":")[0]: reason.partition(":")[2].strip() for reason in _told(answer.data)["missing"]}
        return Discovery(found, missing)

    async def pages(self, resource: ApiResource, namespace: str | None, limit: int) -> AsyncIterator[RawPage]:
        """What the other has not looked at for a while it is asked to read anew, where somebody vouches for that tool too."""
        await self._freshen(resource, namespace)
        cursor = ""
        for _ in range(_MOST_PAGES):
            answer = await self._page(resource, namespace, limit, cursor)
            told = _told(answer)
            items = [msgspec.Raw(msgspec.json.encode(one)) for one in _data(answer)["items"]]
            observed = parse_rfc3339(told["observed_at"]) if told["observed_at"] else None
            yield RawPage(items, "", observed_at=observed, missing=tuple(told["missing"]))
            cursor = answer["page"].get("next") or ""
            if not cursor or not items:
                return

    async def get(self, resource: ApiResource, namespace: str | None, name: str) -> bytes:
        """As the cluster has it now, if the other can ask it. Raises NotFound."""
        spaces = {"namespace": namespace or "*"} if resource.namespaced else {}
        asked = {"kind": resource.name, "filter": f'name="{name}"', "fields": ["*"], "limit": 1, "max_tokens": _AS_MUCH_AS_FITS}
        answer = await self._asking.ask(self.needs, **asked, **spaces, live=True)
        items = _data(answer.data)["items"]
        if not items:
            raise NotFound(f"no {resource.kind} {name}", f"{self._asking.server} knows none of that name")
        return msgspec.json.encode(items[0])

    async def _freshen(self, resource: ApiResource, namespace: str | None) -> None:
        refresh = self._asking.knows("cache_refresh")
        if refresh is None or refresh.risk is not Risk.READ:
            return
        age = _told(await self._page(resource, namespace, 1, ""))["age_seconds"]
        if age is None or age > _OLD:
            await self._asking.ask("cache_refresh", kind=resource.name)

    async def _page(self, resource: ApiResource, namespace: str | None, limit: int, cursor: str) -> Any:
        asked: dict[str, Any] = {"kind": resource.name, "fields": ["*"], "limit": limit, "max_tokens": _AS_MUCH_AS_FITS}
        spaces = {"namespace": namespace or "*"} if resource.namespaced else {}
        return (await self._asking.ask(self.needs, **asked, **spaces, cursor=cursor)).data


def _data(answer: Any) -> dict[str, Any]:
    data = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(data, dict):
        raise _unclear()
    return data


def _told(answer: Any) -> dict[str, Any]:
    fresh = answer.get("freshness") if isinstance(answer, dict) else None
    if not isinstance(fresh, dict):
        raise _unclear()
    return {key: fresh.get(key) for key in ("observed_at", "age_seconds")} | {"missing": fresh.get("missing") or ()}


def _unclear() -> ConsoleError:
    return ToolFailed(
        "the attached server answers in another form", "it is another version of this program", "the same version on both sides"
    )


def _resource(one: dict[str, Any]) -> ApiResource:
    group, _, version = str(one["api_version"]).rpartition("/")
    plural = str(one["name"]).partition(".")[0]
    names, verbs = tuple(one.get("short_names") or ()), tuple(one.get("verbs") or ())
    return ApiResource(group, version, one["kind"], plural, bool(one.get("namespaced")), one["kind"].lower(), names, (), verbs)
