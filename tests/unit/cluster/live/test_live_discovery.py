"""Which kinds a server serves, by aggregated and by legacy discovery."""

from collections.abc import Callable

import pytest
from aiohttp import web

from k8sconsole.errors import CredentialsError
from k8sconsole.model.refs import ApiResource

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
PODS = {
    "resource": "pods", "scope": "Namespaced", "responseKind": {"kind": "Pod"}, "singularResource": "pod", "verbs": ["get", "list"],
    "shortNames": ["po"], "categories": ["all"], "subresources": [{"subresource": "log"}, {"subresource": "status"}],
}  # fmt: skip


def named(resource: str, kind: str) -> dict[str, object]:
    return {"resource": resource, "scope": "Cluster", "responseKind": {"kind": kind}, "verbs": ["list"]}


def aggregated(*groups: dict[str, object]) -> Callable:
    async def answer(request: web.Request) -> web.Response:
        assert AGGREGATED in request.headers["Accept"]
        return web.json_response({"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "items": list(groups)})

    return answer


def plain(body: object, status: int = 200) -> Callable:
    async def answer(request: web.Request) -> web.Response:
        return web.json_response(body, status=status)

    return answer


async def test_aggregated_discovery_takes_two_requests(serve: Callable, reach: Callable) -> None:
    core = aggregated({"metadata": {"name": ""}, "versions": [{"version": "v1", "resources": [PODS]}]})
    groups = aggregated(
        {
            "metadata": {"name": "example.com"},
            "versions": [
                {"version": "v2", "resources": [named("shops", "Shop")]},
                {"version": "v1", "resources": [named("shops", "Shop"), named("stalls", "Stall")]},
            ],
        }
    )
    found = await (await reach(await serve({"/api": core, "/apis": groups}))).discover()
    pods, shops, stalls = found.resources
    assert pods == ApiResource("", "v1", "Pod", "pods", True, "pod", ("po",), ("all",), ("get", "list"), ("log", "status"))
    assert (shops.name, shops.version, shops.namespaced) == ("shops.example.com", "v2", False)
    assert (stalls.name, stalls.version) == ("stalls.example.com", "v1")
    assert found.missing == {}


async def test_a_group_whose_server_does_not_answer_is_missing_and_costs_the_others_nothing(serve: Callable, reach: Callable) -> None:
    broken = {"metadata": {"name": "metrics.k8s.io"}, "versions": [{"version": "v1beta1", "freshness": "Stale"}]}
    good = {"metadata": {"name": "apps"}, "versions": [{"version": "v1", "resources": [named("things", "Thing")]}]}
    found = await (await reach(await serve({"/api": aggregated(), "/apis": aggregated(broken, good)}))).discover()
    assert [kind.name for kind in found.resources] == ["things.apps"]
    assert list(found.missing) == ["metrics.k8s.io/v1beta1"]


async def test_a_server_that_only_knows_the_older_form_is_read_group_by_group(serve: Callable, reach: Callable) -> None:
    usual = {"namespaced": True, "verbs": ["list"], "shortNames": ["x"]}

    def listing(*names: str) -> Callable:
        return plain({"kind": "APIResourceList", "resources": [
            {"name": name, "kind": name.title(), "singularName": name, **usual} for name in names
        ]})  # fmt: skip

    group = {
        "name": "apps", "versions": [{"version": "v1beta1"}, {"version": "v1"}, {"version": "v0"}], "preferredVersion": {"version": "v1"},
    }  # fmt: skip
    routes = {
        "/api": plain({"kind": "APIVersions", "versions": ["v1"]}),
        "/api/v1": listing("pods", "pods/log", "pods/status"),
        "/apis": plain({"kind": "APIGroupList", "groups": [group]}),
        "/apis/apps/v1": listing("deployments"),
        "/apis/apps/v1beta1": listing("deployments", "extras"),
        "/apis/apps/v0": plain({"kind": "Status", "message": "the server is currently unable"}, status=503),
    }
    found = await (await reach(await serve(routes))).discover()
    assert [(kind.name, kind.version) for kind in found.resources] == [
        ("pods", "v1"),
        ("deployments.apps", "v1"),
        ("extras.apps", "v1beta1"),
    ]
    assert found.resources[0].subresources == ("log", "status")
    assert found.missing == {"apps/v0": "the server is currently unable"}


async def test_credentials_that_are_refused_are_no_empty_cluster(serve: Callable, reach: Callable) -> None:
    with pytest.raises(CredentialsError):
        await (await reach(await serve({"/{rest:.*}": plain({"kind": "Status", "code": 401}, status=401)}))).discover()
