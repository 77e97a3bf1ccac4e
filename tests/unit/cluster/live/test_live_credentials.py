"""How a user's entry becomes what the server sees."""

import base64
import json
import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from k8sconsole.cluster.live.credentials import exec_plugin, token_file
from k8sconsole.errors import ConfigurationError, CredentialsError


class Seen:
    """A server that answers /version and keeps the headers of every request; with ``accepted`` it refuses other tokens."""

    def __init__(self) -> None:
        self.requests: list[Any] = []
        self.accepted: set[str] | None = None

    async def version(self, request: web.Request) -> web.Response:
        self.requests.append(request.headers)
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        refused = self.accepted is not None and token not in self.accepted
        return web.json_response({"gitVersion": "v1"}, status=401 if refused else 200)

    @property
    def authorization(self) -> list[str]:
        return [headers.get("Authorization", "") for headers in self.requests]


@pytest.fixture
def seen() -> Seen:
    return Seen()


@pytest.fixture
async def url(serve: Callable, seen: Seen, secure: ssl.SSLContext) -> str:
    return str(await serve({"/version": seen.version}, secure))


def printing(token: str, **status: Any) -> str:
    answer = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": token, **status}}
    return f"echo '{json.dumps(answer)}'"


def at(**ago: float) -> str:
    return (datetime.now(UTC) + timedelta(**ago)).isoformat().replace("+00:00", "Z")


async def test_a_token_is_sent_as_a_bearer_with_the_user_agent(url: str, seen: Seen, reach: Callable) -> None:
    await (await reach(url, {"token": "t0"})).version()
    assert seen.authorization == ["Bearer t0"]
    assert seen.requests[0]["User-Agent"].startswith("k8sconsole/")


async def test_a_password_is_sent_as_basic(url: str, seen: Seen, reach: Callable) -> None:
    await (await reach(url, {"username": "ann", "password": "0123"})).version()
    assert seen.authorization == [f"Basic {base64.b64encode(b'ann:0123').decode()}"]


async def test_impersonation_sends_user_uid_every_group_and_every_extra(url: str, seen: Seen, reach: Callable) -> None:
    extra = {"example.com/reason": ["a", "b"]}
    await (await reach(url, {"as": "bob", "as-uid": "7", "as-groups": ["dev", "ops"], "as-user-extra": extra})).version()
    headers = seen.requests[0]
    assert (headers["Impersonate-User"], headers["Impersonate-Uid"]) == ("bob", "7")
    assert headers.getall("Impersonate-Group") == ["dev", "ops"]
    assert headers.getall("Impersonate-Extra-example.com%2Freason") == ["a", "b"]


async def test_a_token_file_beside_the_kubeconfig_is_read_again_when_the_server_refuses(
    tmp_path: Path, url: str, seen: Seen, reach: Callable
) -> None:
    (tmp_path / "token").write_text("first\n")
    cluster = await reach(url, {"tokenFile": "token"})
    await cluster.version()
    (tmp_path / "token").write_text("second\n")
    seen.accepted = {"second"}
    await cluster.version()
    assert seen.authorization[0] == "Bearer first"
    assert seen.authorization[-1] == "Bearer second"


async def test_a_token_file_that_changes_is_noticed_before_any_refusal(tmp_path: Path) -> None:
    from k8sconsole.kit.clock import FixedClock

    clock, path = FixedClock(0), tmp_path / "token"
    path.write_text("first")
    source = token_file.TokenFile(path, None, clock)
    before = await source.get()
    clock.advance(2)
    assert await source.get() is before
    path.write_text("second")
    clock.advance(2)
    assert (await source.get()).authorization == "Bearer second"
    path.unlink()
    clock.advance(2)
    assert (await source.get()).authorization == "Bearer second"


async def test_a_missing_token_file_is_a_credentials_error_that_names_it(tmp_path: Path, url: str, reach: Callable) -> None:
    with pytest.raises(CredentialsError, match="absent"):
        await (await reach(url, {"tokenFile": "absent"})).version()


async def test_a_plugin_runs_once_and_its_token_serves_until_shortly_before_it_expires(
    tmp_path: Path, url: str, seen: Seen, reach: Callable, plugin: Callable
) -> None:
    runs = tmp_path / "runs"
    cluster = await reach(url, plugin(f"echo x >> {runs}", printing("p0", expirationTimestamp=at(minutes=9))))
    for _ in range(3):
        await cluster.version()
    assert seen.authorization == ["Bearer p0"] * 3
    assert runs.read_text().count("x") == 1


@pytest.mark.parametrize("end", ["expirationTimestamp: 2099-01-01T00:00:00Z", 'expirationTimestamp: "2099-01-01T00:00:00Z"', ""])
async def test_a_plugin_may_answer_in_yaml(end: str, url: str, seen: Seen, reach: Callable, plugin: Callable) -> None:
    answer = f"apiVersion: client.authentication.k8s.io/v1\nkind: ExecCredential\nstatus:\n  token: 0123\n  {end}\n"
    await (await reach(url, plugin(f"cat <<'END'\n---\n{answer}\nEND"))).version()
    assert seen.authorization == ["Bearer 0123"]


async def test_a_refused_plugin_token_is_renewed_once_for_all_refused_requests(
    tmp_path: Path, url: str, seen: Seen, reach: Callable, plugin: Callable
) -> None:
    import asyncio

    token, runs = tmp_path / "now", tmp_path / "runs"
    token.write_text("old")
    answer = '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"%s"}}'
    cluster = await reach(url, plugin(f"echo x >> {runs}", f"printf '{answer}' $(cat {token})"))
    await cluster.version()
    token.write_text("new")
    seen.accepted = {"new"}
    await asyncio.gather(*(cluster.version() for _ in range(5)))
    assert runs.read_text().count("x") == 2


async def test_a_plugin_sees_its_arguments_environment_and_what_it_may_know(
    tmp_path: Path, url: str, reach: Callable, plugin: Callable
) -> None:
    noted = tmp_path / "noted"
    entry = plugin(
        f'echo "$1|$SPICE|$KUBERNETES_EXEC_INFO" > {noted}', printing("p0"),
        args=["--x y"], env=[{"name": "SPICE", "value": "salt"}], provideClusterInfo=True,
    )  # fmt: skip
    extensions = [{"name": "client.authentication.k8s.io/exec", "extension": {"audience": "kitchen"}}]
    await (await reach(url, entry, extensions=extensions)).version()
    argument, spice, info = noted.read_text().strip().split("|")
    assert (argument, spice) == ("--x y", "salt")
    exec_info = json.loads(info)
    assert (exec_info["kind"], exec_info["apiVersion"], exec_info["spec"]["interactive"]) == (
        "ExecCredential",
        "client.authentication.k8s.io/v1",
        False,
    )
    assert exec_info["spec"]["cluster"] == {"server": url, "config": {"audience": "kitchen"}}


async def test_a_plugin_has_no_terminal_to_ask_on_and_its_words_are_the_reason(url: str, reach: Callable, plugin: Callable) -> None:
    entry = plugin("if read answer; then exit 9; fi", "(echo x > /dev/tty) 2>/dev/null && exit 8", "echo 'please log in' >&2", "exit 3")
    with pytest.raises(CredentialsError) as error:
        await (await reach(url, entry)).version()
    assert error.value.detail == "exit code 3: please log in"
    assert error.value.details["plugin"].endswith("/plugin")


async def test_a_plugin_runs_in_a_session_of_its_own_so_that_no_terminal_is_within_its_reach(
    tmp_path: Path, url: str, reach: Callable, plugin: Callable
) -> None:
    import os

    noted = tmp_path / "session"
    await (await reach(url, plugin(f"cut -d' ' -f6 /proc/$$/stat > {noted}", printing("p0")))).version()
    assert int(noted.read_text()) not in (0, os.getsid(0))


async def test_a_plugin_that_hangs_is_ended_with_its_children(
    tmp_path: Path, url: str, reach: Callable, plugin: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    monkeypatch.setattr(exec_plugin, "TIMEOUT", 0.3)
    child = tmp_path / "child"
    with pytest.raises(CredentialsError, match=r"may be waiting for a person"):
        await (await reach(url, plugin("sleep 60 &", f"echo $! > {child}", "wait"))).version()
    with pytest.raises(ProcessLookupError):
        os.kill(_gone(int(child.read_text())), 0)


async def test_a_caller_with_a_short_timeout_learns_the_slow_plugins_name_and_the_plugin_continues(
    tmp_path: Path, url: str, seen: Seen, reach: Callable, plugin: Callable
) -> None:
    runs = tmp_path / "runs"
    cluster = await reach(url, plugin(f"echo >> {runs}", "sleep 1", printing("slow")))
    with pytest.raises(CredentialsError, match=r"still waiting for the exec plugin .*no answer for 0\.2 s"):
        await cluster.log_in(0.2)
    await cluster.log_in()
    await cluster.version()
    assert seen.authorization == ["Bearer slow"]
    assert runs.read_text() == "\n"


def _gone(pid: int) -> int:
    """Waits, at most two seconds, for a killed grandchild to be swept up by its new parent."""
    import time

    for _ in range(200):
        stat = Path(f"/proc/{pid}/stat")
        if not stat.exists() or stat.read_text().rsplit(")", 1)[1].split()[0] == "Z":
            return 2**22 + 1
        time.sleep(0.01)
    return pid


async def test_a_missing_plugin_is_named_with_its_install_hint(url: str, reach: Callable) -> None:
    entry = {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "no-such-plugin", "installHint": "brew install it"}}
    with pytest.raises(CredentialsError) as error:
        await (await reach(url, entry)).version()
    assert "no-such-plugin" in error.value.title
    assert error.value.remedy == "brew install it"


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("echo my-secret-token", "did not print an ExecCredential"),
        ('echo \'{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1beta1"}\'', "not client.authentication"),
        (printing(""), "neither a token nor a certificate"),
        (printing("", clientCertificateData="x"), "without its key"),
        (printing("x", expirationTimestamp="tomorrow"), "is not a time"),
    ],
)
async def test_a_plugin_that_prints_something_else_is_a_credentials_error(
    url: str, reach: Callable, plugin: Callable, line: str, why: str
) -> None:
    with pytest.raises(CredentialsError, match=why) as error:
        await (await reach(url, plugin(line))).version()
    assert "my-secret-token" not in f"{error.value}{error.value.__cause__}"


async def test_a_plugin_that_insists_on_a_terminal_is_not_run(tmp_path: Path, url: str, reach: Callable, plugin: Callable) -> None:
    ran = tmp_path / "ran"
    with pytest.raises(CredentialsError, match="requires a terminal"):
        await (await reach(url, plugin(f"touch {ran}", interactiveMode="Always"))).version()
    assert not ran.exists()


async def test_a_plugin_of_an_unknown_protocol_version_is_a_configuration_error(url: str, reach: Callable, plugin: Callable) -> None:
    with pytest.raises(ConfigurationError, match="v1alpha1"):
        await (await reach(url, plugin("true", apiVersion="client.authentication.k8s.io/v1alpha1"))).version()


async def test_a_removed_auth_provider_points_to_the_exec_plugins(url: str, reach: Callable) -> None:
    with pytest.raises(ConfigurationError, match="auth-provider gcp"):
        await (await reach(url, {"auth-provider": {"name": "gcp"}})).version()


def jwt(**claims: Any) -> str:
    part = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"e30.{part}.sig"


async def test_an_expired_oidc_token_is_renewed_at_its_issuer(url: str, seen: Seen, serve: Callable, reach: Callable) -> None:
    forms: list[Any] = []
    fresh = jwt(exp=4_000_000_000)

    async def settings(request: web.Request) -> web.Response:
        return web.json_response({"token_endpoint": f"{request.url.origin()}/token"})

    async def token(request: web.Request) -> web.Response:
        forms.append(dict(await request.post()))
        return web.json_response({"id_token": fresh, "refresh_token": "r1"})

    issuer = await serve({"/.well-known/openid-configuration": settings, "/token": token})
    entry = {"idp-issuer-url": issuer, "client-id": "k", "client-secret": "s", "id-token": jwt(exp=1), "refresh-token": "r0"}
    cluster = await reach(url, {"auth-provider": {"name": "oidc", "config": entry}})
    await cluster.version()
    await cluster.version()
    assert seen.authorization == [f"Bearer {fresh}"] * 2
    assert forms == [{"grant_type": "refresh_token", "refresh_token": "r0", "client_id": "k"}]


async def test_an_oidc_issuer_that_refuses_is_a_credentials_error_in_its_words(url: str, serve: Callable, reach: Callable) -> None:
    async def settings(request: web.Request) -> web.Response:
        return web.json_response({"token_endpoint": f"{request.url.origin()}/token"})

    async def token(request: web.Request) -> web.Response:
        return web.json_response({"error": "invalid_grant"}, status=400)

    issuer = await serve({"/.well-known/openid-configuration": settings, "/token": token})
    entry = {"idp-issuer-url": issuer, "client-id": "k", "id-token": jwt(exp=1), "refresh-token": "hunter2"}
    with pytest.raises(CredentialsError, match="invalid_grant") as error:
        await (await reach(url, {"auth-provider": {"name": "oidc", "config": entry}})).version()
    assert "hunter2" not in str(error.value)


async def test_refused_credentials_are_a_credentials_error_that_names_the_cluster(url: str, seen: Seen, reach: Callable) -> None:
    seen.accepted = set()
    with pytest.raises(CredentialsError, match="on cluster test"):
        await (await reach(url, {"token": "hunter2"})).version()
    assert len(seen.requests) == 1
