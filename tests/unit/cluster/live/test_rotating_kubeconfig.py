"""A kubeconfig that changes under a cluster in use."""

import asyncio
import json
import ssl
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from aiohttp import web

from k8sconsole.cluster.live.contexts import KubeconfigContexts
from k8sconsole.cluster.port import Cluster
from k8sconsole.errors import ConfigurationError, Unreachable
from k8sconsole.kit.clock import FixedClock
from k8sconsole.model.refs import ApiResource, ClusterName

PODS = ApiResource("", "v1", "Pod", "pods", True)


def content(server: str, token: str = "t0", context: str = "test") -> dict[str, Any]:
    return {
        "clusters": [{"name": "c", "cluster": {"server": server}}],
        "users": [{"name": "u", "user": {"token": token}}],
        "contexts": [{"name": context, "context": {"cluster": "c", "user": "u"}}],
    }


class Server:
    """Answers /version with its name and holds every watch open after one event."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.tokens: list[str] = []

    async def version(self, request: web.Request) -> web.Response:
        self.tokens.append(request.headers["Authorization"].removeprefix("Bearer "))
        return web.json_response({"gitVersion": self.name})

    async def pods(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        event = {"type": "ADDED", "object": {"metadata": {"name": self.name, "resourceVersion": request.query["resourceVersion"]}}}
        await response.write(json.dumps(event).encode() + b"\n")
        await asyncio.sleep(60)
        return response


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(time.time())


@pytest.fixture
async def here(serve: Callable, secure: ssl.SSLContext) -> tuple[Server, str]:
    server = Server("here")
    return server, await serve({"/version": server.version, "/api/v1/pods": server.pods}, secure)


@pytest.fixture
async def there(serve: Callable, secure: ssl.SSLContext) -> tuple[Server, str]:
    server = Server("there")
    return server, await serve({"/version": server.version, "/api/v1/pods": server.pods}, secure)


@pytest.fixture
def config(tmp_path: Path, here: tuple[Server, str]) -> Path:
    path = tmp_path / "config"
    path.write_text(yaml.safe_dump(content(here[1])))
    return path


@pytest.fixture
async def cluster(config: Path, clock: FixedClock) -> AsyncIterator[Cluster]:
    opened = await KubeconfigContexts([config, config.with_name("second")], {}, clock).open(ClusterName("test"))
    yield opened
    await opened.close()


def replace(path: Path, **facts: Any) -> None:
    """Atomically, as login tools do."""
    fresh = path.with_name("fresh")
    fresh.write_text(yaml.safe_dump(content(**facts)))
    fresh.replace(path)


def write(path: Path, text: str) -> None:
    path.write_text(text)


def remove(path: Path) -> None:
    path.unlink()


async def test_a_rotated_token_is_used_within_five_seconds_without_any_refusal(
    cluster: Cluster, config: Path, clock: FixedClock, here: tuple[Server, str]
) -> None:
    await cluster.version()
    replace(config, server=here[1], token="t1")
    await cluster.version()
    clock.advance(5)
    await cluster.version()
    assert here[0].tokens == ["t0", "t0", "t1"]


async def test_a_moved_server_is_reached_at_its_new_address_and_open_watches_end_at_once(
    cluster: Cluster, config: Path, here: tuple[Server, str], there: tuple[Server, str]
) -> None:
    watch = cluster.watch(PODS, resource_version="7")
    assert b'"here"' in bytes((await anext(watch)).object)
    waiting = asyncio.ensure_future(anext(watch))
    replace(config, server=there[1])
    await cluster.kubeconfig_changed()
    with pytest.raises(Unreachable, match="the kubeconfig has changed"):
        await asyncio.wait_for(waiting, 5)
    assert (await cluster.version()).git_version == "there"
    assert cluster.server == there[1]
    again = cluster.watch(PODS, resource_version="7")
    event = json.loads(bytes((await anext(again)).object))
    assert event["metadata"] == {"name": "there", "resourceVersion": "7"}
    await again.aclose()  # type: ignore[attr-defined]


async def test_watches_go_on_when_the_kubeconfig_changes_elsewhere_only(cluster: Cluster, config: Path, here: tuple[Server, str]) -> None:
    watch = cluster.watch(PODS, resource_version="7")
    await anext(watch)
    waiting = asyncio.ensure_future(anext(watch))
    changed = content(here[1])
    changed["current-context"] = "test"
    changed["users"].append({"name": "other", "user": {"token": "other-token"}})
    write(config, yaml.safe_dump(changed))
    await cluster.kubeconfig_changed()
    await cluster.version()
    assert not waiting.done()
    waiting.cancel()
    await asyncio.wait([waiting])


async def test_the_error_about_a_renamed_context_has_its_new_name_and_the_context_works_again_when_restored(
    cluster: Cluster, config: Path, here: tuple[Server, str]
) -> None:
    await cluster.version()
    replace(config, server=here[1], context="prod")
    await cluster.kubeconfig_changed()
    with pytest.raises(Unreachable, match="context test is no longer in the kubeconfig") as error:
        await cluster.version()
    assert "may be named prod now" in error.value.detail
    assert error.value.remedy == "k8sconsole --context prod"
    replace(config, server=here[1])
    await cluster.kubeconfig_changed()
    await cluster.version()


async def test_a_context_that_is_missing_for_a_moment_only_is_not_missed(
    cluster: Cluster, config: Path, clock: FixedClock, here: tuple[Server, str]
) -> None:
    await cluster.version()
    write(config, "")
    clock.advance(5)
    await cluster.version()
    replace(config, server=here[1], token="t1")
    clock.advance(5)
    await cluster.version()
    remove(config)
    clock.advance(5)
    await cluster.version()
    clock.advance(5)
    with pytest.raises(Unreachable, match="no longer in the kubeconfig"):
        await cluster.version()
    assert here[0].tokens == ["t0", "t0", "t1", "t1"]


async def test_a_file_that_cannot_be_parsed_leaves_what_was_read_before_in_use(
    cluster: Cluster, config: Path, here: tuple[Server, str]
) -> None:
    await cluster.version()
    write(config, "clusters: [\n")
    for _ in range(3):
        await cluster.kubeconfig_changed()
        await cluster.version()
    replace(config, server=here[1], token="t1")
    await cluster.kubeconfig_changed()
    await cluster.version()
    assert here[0].tokens == ["t0", "t0", "t0", "t0", "t1"]


async def test_a_second_file_that_appears_fills_what_the_first_has_lost(
    cluster: Cluster, config: Path, clock: FixedClock, here: tuple[Server, str]
) -> None:
    await cluster.version()
    write(config.with_name("second"), yaml.safe_dump(content(here[1], token="second")))
    remove(config)
    clock.advance(5)
    await cluster.version()
    assert here[0].tokens == ["t0", "second"]


async def test_a_mistake_in_the_kubeconfig_is_reported_once_the_file_is_complete(
    cluster: Cluster, config: Path, clock: FixedClock, here: tuple[Server, str]
) -> None:
    await cluster.version()
    wrong = content(here[1])
    wrong["users"][0]["user"] = {"client-certificate": "no-such-file", "client-key": "neither"}
    write(config, yaml.safe_dump(wrong))
    clock.advance(5)
    await cluster.version()
    clock.advance(5)
    with pytest.raises(ConfigurationError, match="cannot read the client-certificate"):
        await cluster.version()
