"""What happens between us and a server, and what is said about it."""

import asyncio
from collections.abc import Callable

import pytest
from aiohttp import web

from k8sconsole.cluster.live.contexts import KubeconfigContexts
from k8sconsole.cluster.port import PatchType
from k8sconsole.errors import (
    AlreadyExists,
    ApiError,
    ConfigurationError,
    Conflict,
    CredentialsError,
    DeadlineExceeded,
    Forbidden,
    Gone,
    Invalid,
    NotFound,
    ServerError,
    TooManyRequests,
    Unreachable,
)
from k8sconsole.model.refs import ApiResource

PODS = ApiResource("", "v1", "Pod", "pods", True)
DEPLOYMENTS = ApiResource("apps", "v1", "Deployment", "deployments", True)


def answering(status: int, body: object, **headers: str) -> Callable:
    async def answer(request: web.Request) -> web.Response:
        return web.json_response(body, status=status, headers=headers)

    return answer


def status(code: int, reason: str, message: str = "no", **details: object) -> dict[str, object]:
    return {"kind": "Status", "code": code, "reason": reason, "message": message, "details": details}


@pytest.mark.parametrize(
    ("code", "reason", "kind"),
    [
        (404, "NotFound", NotFound),
        (403, "Forbidden", Forbidden),
        (409, "Conflict", Conflict),
        (409, "AlreadyExists", AlreadyExists),
        (410, "Expired", Gone),
        (410, "Gone", Gone),
        (422, "Invalid", Invalid),
        (400, "BadRequest", Invalid),
        (429, "TooManyRequests", TooManyRequests),
        (500, "InternalError", ServerError),
        (504, "Timeout", ServerError),
        (405, "MethodNotAllowed", ApiError),
    ],
)
async def test_a_status_becomes_its_error_and_names_cluster_resource_and_object(
    serve: Callable, reach: Callable, code: int, reason: str, kind: type[ApiError]
) -> None:
    cluster = await reach(await serve({"/{rest:.*}": answering(code, status(code, reason, "it said so", causes=[{"field": "spec"}]))}))
    with pytest.raises(kind) as error:
        await cluster.get(DEPLOYMENTS, "shop", "web")
    assert type(error.value) is kind
    assert error.value.title == "cannot get deployments.apps shop/web on cluster test"
    assert error.value.detail == "it said so"
    assert (error.value.http_status, error.value.details["reason"]) == (code, reason)
    assert error.value.details["causes"] == [{"field": "spec"}]


async def test_retry_after_is_read_from_the_status_or_the_header(serve: Callable, reach: Callable) -> None:
    limited = answering(429, status(429, "TooManyRequests", retryAfterSeconds=7))
    plain = answering(429, {}, **{"Retry-After": "3"})
    cluster = await reach(await serve({"/version": limited, "/api": plain}))
    with pytest.raises(TooManyRequests) as error:
        await cluster.version()
    assert error.value.retry_after == 7
    with pytest.raises(TooManyRequests) as error:
        await cluster.get_path("/api")
    assert error.value.retry_after == 3


async def test_a_login_page_is_quoted_without_control_characters_and_never_taken_for_data(serve: Callable, reach: Callable) -> None:
    async def bad(request: web.Request) -> web.Response:
        return web.Response(status=502, text="<html>\x1b[31mupstream</html>")

    async def good(request: web.Request) -> web.Response:
        return web.Response(text="<html>please log in</html>")

    cluster = await reach(await serve({"/version": bad, "/{rest:.*}": good}))
    with pytest.raises(ServerError) as error:
        await cluster.version()
    assert "upstream" in error.value.detail
    assert "\x1b" not in error.value.detail
    with pytest.raises(ServerError, match="not what the Kubernetes API sends"):
        await anext(cluster.pages(PODS))


async def test_a_redirect_is_not_followed_with_our_credentials(serve: Callable, reach: Callable) -> None:
    visited = []

    async def login(request: web.Request) -> web.Response:
        visited.append(request.headers)
        return web.Response()

    async def away(request: web.Request) -> web.Response:
        raise web.HTTPFound("/login?state=secret")

    cluster = await reach(await serve({"/version": away, "/login": login}), {"token": "t"})
    with pytest.raises(Unreachable, match="login page"):
        await cluster.version()
    assert visited == []


async def test_a_closed_port_is_unreachable_and_named(reach: Callable) -> None:
    with pytest.raises(Unreachable, match=r"http://127\.0\.0\.1:1: connection refused"):
        await (await reach("http://127.0.0.1:1")).version()


async def test_a_host_that_does_not_exist_is_unreachable(reach: Callable) -> None:
    with pytest.raises(Unreachable, match="no such host"):
        await (await reach("https://api.cluster.invalid:6443")).version()


async def test_https_to_a_plain_server_is_unreachable_and_says_why(serve: Callable, reach: Callable) -> None:
    url = await serve({"/version": answering(200, {})})
    with pytest.raises(Unreachable, match="does not speak TLS"):
        await (await reach(url.replace("http:", "https:"))).version()


@pytest.mark.parametrize("server", ["https://[half:6443", "https://", "https://host:port"])
async def test_an_invalid_address_is_a_configuration_error(reach: Callable, server: str) -> None:
    with pytest.raises(ConfigurationError, match="not a valid address"):
        await (await reach(server)).version()


async def test_an_answer_cut_short_is_unreachable(serve: Callable, reach: Callable) -> None:
    async def cut(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b"{")
        assert request.transport
        request.transport.abort()
        return response

    with pytest.raises(Unreachable, match="cut before the answer was complete"):
        await (await reach(await serve({"/version": cut}))).version()


async def test_a_server_that_stops_sending_exceeds_the_deadline(serve: Callable, reach: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("k8sconsole.cluster.live.transport.REQUEST_TIMEOUT", 0.2)

    async def silent(request: web.Request) -> web.Response:
        await asyncio.sleep(5)
        return web.Response()

    with pytest.raises(DeadlineExceeded, match="nothing arrived"):
        await (await reach(await serve({"/version": silent}))).version()


async def test_cancelling_a_call_closes_its_request(serve: Callable, reach: Callable) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def slow(request: web.Request) -> web.Response:
        begun.set()
        try:
            for _ in range(100):
                await asyncio.sleep(0.05)
                if request.transport is None or request.transport.is_closing():
                    break
        finally:
            ended.set()
        return web.Response()

    call = asyncio.create_task((await reach(await serve({"/version": slow}))).version())
    await begun.wait()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    async with asyncio.timeout(2):
        await ended.wait()


async def test_a_proxy_named_in_the_kubeconfig_carries_the_request(serve: Callable, reach: Callable) -> None:
    asked = []

    async def proxy(request: web.Request) -> web.Response:
        asked.append((request.method, request.raw_path, request.headers.get("Proxy-Authorization", "")))
        return web.json_response({"gitVersion": "through"})

    through = (await serve({"/{rest:.*}": proxy})).replace("http://", "http://me:hunter2@")
    cluster = await reach("http://api.cluster.invalid:8080", **{"proxy-url": through})
    assert (await cluster.version()).git_version == "through"
    assert asked[0][:2] == ("GET", "http://api.cluster.invalid:8080/version")
    assert asked[0][2].startswith("Basic ")


async def test_a_proxy_that_refuses_is_named_without_its_password(serve: Callable, reach: Callable) -> None:
    async def proxy(request: web.Request) -> web.Response:
        return web.Response(status=407)

    through = (await serve({"/{rest:.*}": proxy})).replace("http://", "http://me:hunter2@")
    with pytest.raises(Unreachable, match="the proxy http://127") as error:
        await (await reach("https://api.cluster.invalid", **{"proxy-url": through})).version()
    assert "hunter2" not in f"{error.value} {error.value.details}"


@pytest.mark.parametrize(("url", "why"), [("socks4://127.0.0.1:1080", "socks4 is not supported"), ("socks5://", "it names no host")])
async def test_a_proxy_that_cannot_be_used_is_a_configuration_error_with_a_way_out(url: str, why: str, reach: Callable) -> None:
    with pytest.raises(ConfigurationError, match=why) as error:
        await (await reach("https://api.cluster.invalid", **{"proxy-url": url})).version()
    assert "socks5://" in error.value.remedy


@pytest.mark.parametrize("way", ["token", "password", "plugin", "certificate"])
async def test_credentials_are_never_sent_in_the_clear(way: str, serve: Callable, reach: Callable, plugin: Callable) -> None:
    """kubectl sends none without TLS, to this machine either, and does not run the plugin."""
    users = {
        "token": {"token": "t"},
        "password": {"username": "u", "password": "p"},
        "plugin": plugin("exit 7"),
        "certificate": {"client-certificate": "c.pem", "client-key": "k.pem"},
    }
    seen = []

    async def proxy(request: web.Request) -> web.Response:
        seen.append(request.headers.get("Authorization"))
        return web.json_response({"gitVersion": "v1"})

    url = await serve({"/{rest:.*}": proxy})
    await (await reach("http://api.cluster.invalid", users[way], **{"proxy-url": url})).version()
    await (await reach(url, users[way])).version()
    assert seen == [None, None]


async def test_a_refusal_without_tls_says_that_the_credentials_were_withheld(serve: Callable, reach: Callable) -> None:
    url = await serve({"/version": answering(401, status(401, "Unauthorized"))})
    with pytest.raises(CredentialsError, match="the credentials of user u are not sent to http://127") as error:
        await (await reach(url, {"token": "t"})).version()
    assert "https://" in error.value.remedy


def test_a_context_whose_credentials_are_withheld_carries_a_warning(kubeconfig: Callable) -> None:
    plain, with_tls, without = (
        KubeconfigContexts([kubeconfig(server, user)]).list()[0].warning
        for server, user in (("http://a", {"token": "t"}), ("https://a", {"token": "t"}), ("http://a", {}))
    )
    assert "in the clear" in plain
    assert (with_tls, without) == ("", "")


async def test_a_base_path_in_the_servers_address_is_kept(serve: Callable, reach: Callable) -> None:
    url = await serve({"/k8s/clusters/c-1/version": answering(200, {"gitVersion": "v1"})})
    assert (await (await reach(f"{url}/k8s/clusters/c-1/")).version()).git_version == "v1"


async def test_changes_send_field_manager_dry_run_and_patch_type(serve: Callable, reach: Callable) -> None:
    seen = []

    async def note(request: web.Request) -> web.Response:
        seen.append((request.method, request.path_qs, request.content_type, await request.text()))
        return web.json_response({})

    cluster = await reach(await serve({"/{rest:.*}": note}))
    root = "/apis/apps/v1/namespaces/shop/deployments"
    await cluster.create(DEPLOYMENTS, "shop", b"{}", dry_run=True)
    await cluster.replace(DEPLOYMENTS, "shop", "web", b"{}", subresource="status")
    await cluster.patch(DEPLOYMENTS, "shop", "web", b"[]", PatchType.JSON, force=True)
    await cluster.patch(DEPLOYMENTS, "shop", "web", b"{}", PatchType.APPLY, force=True, field_manager="me")
    await cluster.delete(DEPLOYMENTS, "shop", "web", propagation="Foreground", grace_seconds=0, uid="u-1", dry_run=True)
    assert [entry[:3] for entry in seen] == [
        ("POST", f"{root}?fieldManager=k8sconsole&dryRun=All", "application/json"),
        ("PUT", f"{root}/web/status?fieldManager=k8sconsole", "application/json"),
        ("PATCH", f"{root}/web?fieldManager=k8sconsole", "application/json-patch+json"),
        ("PATCH", f"{root}/web?fieldManager=me&force=true", "application/apply-patch+yaml"),
        ("DELETE", f"{root}/web", "application/json"),
    ]
    assert '"propagationPolicy":"Foreground","gracePeriodSeconds":0,"preconditions":{"uid":"u-1"},"dryRun":["All"]' in seen[-1][3]


async def test_more_watches_than_a_pool_holds_do_not_keep_a_short_request_waiting(serve: Callable, reach: Callable) -> None:
    watching = 0
    all_there, over = asyncio.Event(), asyncio.Event()

    async def watch(request: web.Request) -> web.StreamResponse:
        nonlocal watching
        response = web.StreamResponse()
        await response.prepare(request)
        watching += 1
        if watching == 15:
            all_there.set()
        await over.wait()
        return response

    cluster = await reach(await serve({"/api/v1/pods": watch, "/version": answering(200, {"gitVersion": "v1"})}))

    async def follow() -> None:
        async for _ in cluster.watch(PODS, resource_version="1"):
            pass

    tasks = [asyncio.create_task(follow()) for _ in range(15)]
    async with asyncio.timeout(3):
        await all_there.wait()
        assert (await cluster.version()).git_version == "v1"
        over.set()
        await asyncio.gather(*tasks)


async def test_responses_over_tls_are_compressed(serve: Callable, reach: Callable) -> None:
    asked = []

    async def proxy(request: web.Request) -> web.Response:
        asked.append(request.headers["Accept-Encoding"])
        response = web.json_response({"gitVersion": "v1"})
        if "gzip" in asked[-1]:
            response.enable_compression(web.ContentCoding.gzip)
        return response

    url = await serve({"/{rest:.*}": proxy})
    assert (await (await reach("http://api.cluster.invalid", **{"proxy-url": url})).version()).git_version == "v1"
    assert (await (await reach(url)).version()).git_version == "v1"
    assert asked == ["gzip", "identity"]
