"""Credentials that expire, are refused, or cannot be fetched: what is fetched again, when, and what a person sees meanwhile."""

import asyncio
import ssl
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from k8sconsole.cluster.port import Cluster
from k8sconsole.errors import CredentialsError
from k8sconsole.kit.clock import FixedClock

ANSWER = '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"%s"%s}}'


class Plugin:
    """An exec plugin whose token, end and mood are files that a test writes; it counts its runs."""

    def __init__(self, folder: Path, make: Callable[..., dict[str, Any]]) -> None:
        self._folder = folder
        self._make = make
        self.says("t0")

    def entry(self, **fields: Any) -> dict[str, Any]:
        lines = (f"cd {self._folder}", "echo x >> runs", "if [ -e complaint ]; then cat complaint >&2; exit 255; fi", "cat answer")
        return self._make(*lines, **fields)

    def says(self, token: str, until: float | None = None) -> None:
        (self._folder / "complaint").unlink(missing_ok=True)
        end = f',"expirationTimestamp":"{datetime.fromtimestamp(until, UTC):%Y-%m-%dT%H:%M:%SZ}"' if until else ""
        (self._folder / "answer").write_text(ANSWER % (token, end))

    def complains(self, words: str) -> None:
        (self._folder / "complaint").write_text(words)

    @property
    def runs(self) -> int:
        runs = self._folder / "runs"
        return len(runs.read_text().split()) if runs.exists() else 0


class Door:
    """A server that lets some tokens in and remembers every token it was shown."""

    def __init__(self) -> None:
        self.accepted = {"t0"}
        self.shown: list[str] = []

    async def version(self, request: web.Request) -> web.Response:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        self.shown.append(token)
        return web.json_response({"gitVersion": "v1"}, status=200 if token in self.accepted else 401)


@pytest.fixture
def asked(tmp_path: Path, plugin: Callable) -> Plugin:
    return Plugin(tmp_path, plugin)


@pytest.fixture
def door() -> Door:
    return Door()


@pytest.fixture
async def url(serve: Callable, door: Door, secure: ssl.SSLContext) -> str:
    return str(await serve({"/version": door.version}, secure))


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(time.time() // 1)


@pytest.fixture
async def cluster(url: str, reach: Callable, asked: Plugin, clock: FixedClock) -> Cluster:
    return await reach(url, asked.entry(), clock=clock)  # type: ignore[no-any-return]


async def test_a_token_is_renewed_before_it_expires_so_that_no_request_is_refused(
    cluster: Cluster, asked: Plugin, door: Door, clock: FixedClock
) -> None:
    asked.says("t0", until=clock.now() + 600)
    await cluster.version()
    clock.advance(569)
    await cluster.version()
    assert asked.runs == 1
    asked.says("t1", until=clock.now() + 600)
    door.accepted = {"t0", "t1"}
    clock.advance(2)
    await cluster.version()
    assert (asked.runs, door.shown) == (2, ["t0", "t0", "t1"])


async def test_while_the_plugin_fails_the_token_it_gave_before_serves_until_its_very_end(
    cluster: Cluster, asked: Plugin, door: Door, clock: FixedClock
) -> None:
    asked.says("t0", until=clock.now() + 600)
    await cluster.version()
    asked.complains("no route to the identity provider")
    clock.advance(580)
    await cluster.version()
    assert (asked.runs, door.shown) == (2, ["t0", "t0"])
    clock.advance(25)
    with pytest.raises(CredentialsError, match="no route to the identity provider"):
        await cluster.version()


async def test_a_failing_plugin_runs_again_after_one_minute_then_two_until_it_succeeds(
    cluster: Cluster, asked: Plugin, clock: FixedClock
) -> None:
    asked.complains("Token has expired and refresh failed")
    runs = []
    for _ in range(40):  # ten minutes, asked every quarter of one
        with pytest.raises(CredentialsError, match="exit code 255: Token has expired and refresh failed"):
            await cluster.version()
        runs.append(asked.runs)
        clock.advance(15)
    assert [runs.index(number) * 15 for number in range(1, asked.runs + 1)] == [0, 60, 180, 420]
    asked.says("t0")
    clock.advance(300)
    assert (await cluster.version()).git_version == "v1"


async def test_a_person_can_have_a_failing_plugin_run_at_once(cluster: Cluster, asked: Plugin, clock: FixedClock) -> None:
    asked.complains("log in")
    with pytest.raises(CredentialsError) as error:
        await cluster.version()
    assert error.value.details["retry_at"] == clock.now() + 60
    asked.says("t0")
    with pytest.raises(CredentialsError):
        await cluster.version()
    cluster.retry_now()
    await cluster.version()
    assert asked.runs == 2


async def test_a_plugin_whose_every_token_is_refused_is_not_run_more_than_once_a_minute(
    cluster: Cluster, asked: Plugin, door: Door, clock: FixedClock
) -> None:
    door.accepted = set()
    for _ in range(6):
        with pytest.raises(CredentialsError, match="not logged in: the server does not accept the credentials from the exec plugin"):
            await cluster.version()
        clock.advance(5)
    assert asked.runs == 2
    clock.advance(60)
    asked.says("t1")
    door.accepted = {"t1"}
    await cluster.version()
    assert asked.runs == 3


async def test_a_plugin_that_hands_out_what_has_expired_already_is_not_run_for_each_request(
    cluster: Cluster, asked: Plugin, clock: FixedClock
) -> None:
    asked.says("t0", until=clock.now() - 5)
    for _ in range(5):
        await cluster.version()
    assert asked.runs == 1
    clock.advance(60)
    await cluster.version()
    assert asked.runs == 2


async def test_thirty_requests_refused_together_with_others_just_starting_run_the_plugin_once(
    cluster: Cluster, asked: Plugin, door: Door
) -> None:
    await cluster.version()
    asked.says("t1")
    door.accepted = {"t1"}
    await asyncio.gather(*(cluster.version() for _ in range(30)))
    await asyncio.gather(*(cluster.version() for _ in range(30)))
    assert asked.runs == 2
    assert set(door.shown[-30:]) == {"t1"}


async def test_a_plugins_stderr_is_shown_on_one_short_line_without_colours_or_secrets(url: str, reach: Callable, asked: Plugin) -> None:
    noise = "x" * 2_000_000
    asked.complains(f"{noise}\n\x1b[31mError\x1b[0m\x07:\tsession expired\r\npassword=hunter2hunter2\r\n\x1b]0;title\x07Log in")
    with pytest.raises(CredentialsError) as error:
        await (await reach(url, asked.entry(installHint="aws sso login --profile prod\n\nsee the wiki"))).version()
    detail = error.value.detail
    assert detail.endswith("Log in")
    assert "session expired" in detail
    assert "hunter2" not in str(error.value)
    assert len(detail) < 600
    assert not set(detail) & {"\x1b", "\x07", "\n", "\r", "\t"}
    assert error.value.remedy == "aws sso login --profile prod"


async def test_the_remedy_for_a_well_known_plugin_is_its_login_command(tmp_path: Path, url: str, reach: Callable) -> None:
    (tmp_path / "aws").write_text("#!/bin/sh\necho 'Error loading SSO Token' >&2\nexit 255\n")
    (tmp_path / "aws").chmod(0o700)
    entry = {"apiVersion": "client.authentication.k8s.io/v1", "command": "./aws", "installHint": "install it from the web"}
    entry |= {"args": ["--region", "eu-west-1", "eks", "get-token"], "env": [{"name": "AWS_PROFILE", "value": "my shop"}]}
    with pytest.raises(CredentialsError) as error:
        await (await reach(url, {"exec": entry})).version()
    assert error.value.remedy == "aws sso login --profile 'my shop'"


async def test_a_plugin_that_prints_without_end_is_an_error_and_does_not_hang(url: str, reach: Callable, plugin: Callable) -> None:
    with pytest.raises(CredentialsError, match="it printed more than"):
        await (await reach(url, plugin("head -c 3000000 /dev/zero"))).version()


async def test_a_refused_static_token_means_not_logged_in_and_a_missing_permission_does_not(
    url: str, serve: Callable, reach: Callable, door: Door
) -> None:
    from k8sconsole.errors import Forbidden

    async def forbidding(request: web.Request) -> web.Response:
        return web.json_response({"kind": "Status", "code": 403, "reason": "Forbidden", "message": "ann cannot do that"}, status=403)

    with pytest.raises(CredentialsError, match="not logged in: the server does not accept the credentials for user u"):
        await (await reach(url, {"token": "old"})).version()
    with pytest.raises(Forbidden, match="ann cannot do that"):
        await (await reach(await serve({"/version": forbidding}), {"token": "t0"})).version()


async def test_a_failing_issuer_is_not_called_for_every_request(url: str, serve: Callable, reach: Callable, clock: FixedClock) -> None:
    asked: list[str] = []

    async def settings(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.json_response({"error": "down"}, status=503)

    entry = {"idp-issuer-url": await serve({"/{rest:.*}": settings}), "client-id": "k", "id-token": "e30.e30.x", "refresh-token": "r0"}
    cluster = await reach(url, {"auth-provider": {"name": "oidc", "config": entry}}, clock=clock)
    for _ in range(5):
        with pytest.raises(CredentialsError, match="names no token_endpoint"):
            await cluster.version()
    assert len(asked) == 1
    clock.advance(60)
    with pytest.raises(CredentialsError):
        await cluster.version()
    assert len(asked) == 2


async def test_a_refresh_token_is_not_sent_in_the_clear_to_another_machine(url: str, reach: Callable) -> None:
    entry = {"idp-issuer-url": "http://issuer.example.com", "client-id": "k", "id-token": "e30.e30.x", "refresh-token": "r0"}
    with pytest.raises(CredentialsError, match="not sent in the clear"):
        await (await reach(url, {"auth-provider": {"name": "oidc", "config": entry}})).version()
