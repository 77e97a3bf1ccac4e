"""Certificates that do not fit, in words a person can act on."""

import os
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from k8sconsole.errors import ConfigurationError, CredentialsError, Unreachable
from tests.unit.cluster.live.certificates import DAY, Issued, issue, server_context


async def version(request: web.Request) -> web.Response:
    return web.json_response({"gitVersion": "v1"})


async def unauthorised(request: web.Request) -> web.Response:
    return web.json_response({"kind": "Status", "code": 401, "message": "Unauthorized"}, status=401)


@pytest.fixture(scope="module")
def authority() -> Issued:
    return issue("authority")


def trusting(authority: Issued) -> dict[str, Any]:
    return {"certificate-authority-data": authority.inline("certificate")}


def as_user(pair: Issued) -> dict[str, Any]:
    return {"client-certificate-data": pair.inline("certificate"), "client-key-data": pair.inline("key")}


@pytest.fixture
def demanding() -> Iterator[Callable[[ssl.SSLContext], str]]:
    """A server in a thread that sends the TLS alert for a refused client certificate; asyncio's own server closes without it."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve_all(context: ssl.SSLContext) -> None:
        with suppress(OSError):  # the listener is closed at the end
            while True:
                connection, _ = listener.accept()
                with context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False) as secured:
                    try:
                        secured.do_handshake()
                    except ssl.SSLError:
                        os.read(secured.fileno(), 1 << 16)  # what the client has sent already; unread, it would turn the alert into a reset

    def start(context: ssl.SSLContext) -> str:
        threading.Thread(target=serve_all, args=(context,), daemon=True).start()
        return f"https://127.0.0.1:{listener.getsockname()[1]}"

    yield start
    listener.close()


async def secure(serve: Callable, folder: Path, pair: Issued, clients: Issued | None = None) -> str:
    return str(await serve({"/version": version}, server_context(folder, pair, clients)))


async def test_a_client_certificate_given_inline_is_shown_to_the_server(
    tmp_path: Path, serve: Callable, reach: Callable, authority: Issued
) -> None:
    url = await secure(serve, tmp_path, issue("server", by=authority, hosts=("127.0.0.1",)), authority)
    cluster = await reach(url, as_user(issue("ann", by=authority)), **trusting(authority))
    assert (await cluster.version()).git_version == "v1"


async def test_certificate_files_are_found_beside_the_kubeconfig_and_read_again_when_they_change(
    tmp_path: Path, serve: Callable, reach: Callable, authority: Issued
) -> None:
    url = await secure(serve, tmp_path, issue("server", by=authority, hosts=("127.0.0.1",)), authority)
    (tmp_path / "ca.pem").write_bytes(authority.certificate)
    entry = {"client-certificate": "ann.pem", "client-key": "ann.key"}
    for name, content in (("ann.pem", b"not yet"), ("ann.key", b"not yet")):
        (tmp_path / name).write_bytes(content)
    cluster = await reach(url, entry, **{"certificate-authority": "ca.pem"})
    with pytest.raises(ConfigurationError, match="client certificate"):
        await cluster.version()
    ann = issue("ann", by=authority)
    (tmp_path / "ann.pem").write_bytes(ann.certificate)
    (tmp_path / "ann.key").write_bytes(ann.key)
    cluster._transport._source._checked_at = float("-inf")  # as if the few seconds between two checks had passed
    assert (await cluster.version()).git_version == "v1"


async def test_an_unknown_authority_is_unreachable_and_points_to_the_authority(
    tmp_path: Path, serve: Callable, reach: Callable, authority: Issued
) -> None:
    url = await secure(serve, tmp_path, issue("server", by=authority, hosts=("127.0.0.1",)))
    with pytest.raises(Unreachable, match="unknown authority") as error:
        await (await reach(url, **trusting(issue("another authority")))).version()
    assert "certificate-authority" in error.value.remedy
    assert error.value.__cause__ is not None


async def test_a_certificate_for_another_host_is_unreachable_and_the_name_can_be_set(
    tmp_path: Path, serve: Callable, reach: Callable, authority: Issued
) -> None:
    url = await secure(serve, tmp_path, issue("server", by=authority, hosts=("api.example",)))
    with pytest.raises(Unreachable, match="another address"):
        await (await reach(url, **trusting(authority))).version()
    assert (await (await reach(url, **trusting(authority), **{"tls-server-name": "api.example"})).version()).git_version == "v1"


async def test_an_expired_server_certificate_is_unreachable_and_says_so(
    tmp_path: Path, serve: Callable, reach: Callable, authority: Issued
) -> None:
    url = await secure(serve, tmp_path, issue("server", by=authority, hosts=("127.0.0.1",), lifetime=-DAY))
    with pytest.raises(Unreachable, match="its certificate has expired"):
        await (await reach(url, **trusting(authority))).version()


async def test_verification_is_skipped_only_where_the_kubeconfig_says_so(
    tmp_path: Path, serve: Callable, reach: Callable, authority: Issued
) -> None:
    url = await secure(serve, tmp_path, issue("server", by=authority))
    assert (await (await reach(url, **{"insecure-skip-tls-verify": True})).version()).git_version == "v1"
    with pytest.raises(Unreachable):
        await (await reach(url, **{"insecure-skip-tls-verify": False})).version()


async def test_an_expired_client_certificate_is_a_credentials_error_with_its_date(
    tmp_path: Path, demanding: Callable, reach: Callable, authority: Issued
) -> None:
    url = demanding(server_context(tmp_path, issue("server", by=authority, hosts=("127.0.0.1",)), authority))
    with pytest.raises(CredentialsError, match=r"client certificate expired on \d{4}-"):
        await (await reach(url, as_user(issue("ann", by=authority, lifetime=-DAY)), **trusting(authority))).version()


async def test_an_expired_client_certificate_is_named_also_when_the_server_only_says_401(
    tmp_path: Path, serve: Callable, reach: Callable, authority: Issued
) -> None:
    context = server_context(tmp_path, issue("server", by=authority, hosts=("127.0.0.1",)))
    url = await serve({"/version": unauthorised}, context)
    with pytest.raises(CredentialsError, match="client certificate expired on"):
        await (await reach(url, as_user(issue("ann", by=authority, lifetime=-DAY)), **trusting(authority))).version()


async def test_a_server_that_demands_a_certificate_refuses_a_user_without_one(
    tmp_path: Path, demanding: Callable, reach: Callable, authority: Issued
) -> None:
    url = demanding(server_context(tmp_path, issue("server", by=authority, hosts=("127.0.0.1",)), authority))
    with pytest.raises(CredentialsError, match="does not accept the client certificate of user u"):
        await (await reach(url, **trusting(authority))).version()


async def test_a_plugin_may_hand_over_a_client_certificate(
    tmp_path: Path, serve: Callable, reach: Callable, plugin: Callable, authority: Issued
) -> None:
    import json

    url = await secure(serve, tmp_path, issue("server", by=authority, hosts=("127.0.0.1",)), authority)
    ann = issue("ann", by=authority)
    status = {"clientCertificateData": ann.certificate.decode(), "clientKeyData": ann.key.decode()}
    (tmp_path / "answer").write_text(
        json.dumps({"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": status})
    )
    cluster = await reach(url, plugin(f"cat {tmp_path / 'answer'}"), **trusting(authority))
    assert (await cluster.version()).git_version == "v1"


async def test_key_and_certificate_that_do_not_belong_together_are_a_configuration_error(
    tmp_path: Path, serve: Callable, reach: Callable, authority: Issued
) -> None:
    url = await secure(serve, tmp_path, issue("server", by=authority, hosts=("127.0.0.1",)))
    mixed = Issued(issue("ann", by=authority).certificate, issue("bob", by=authority).key)
    with pytest.raises(ConfigurationError, match="client certificate"):
        await (await reach(url, as_user(mixed), **trusting(authority))).version()


async def test_an_authority_that_is_no_certificate_is_a_configuration_error(reach: Callable) -> None:
    with pytest.raises(ConfigurationError, match="not a PEM certificate"):
        await (await reach("https://127.0.0.1:1", **{"certificate-authority-data": "bm90IHBlbQ=="})).version()
