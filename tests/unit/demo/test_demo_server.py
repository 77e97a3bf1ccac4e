from __future__ import annotations

import asyncio
import json
import os
import ssl
import stat
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

import aiohttp
import pytest

from k8sconsole.demo.server import DemoCluster
from k8sconsole.demo.users import PolicyRule, User


def server_of(kubeconfig: Path) -> str:
    return str(json.loads(kubeconfig.read_text())["clusters"][0]["cluster"]["server"])


@pytest.fixture
async def cluster() -> DemoCluster:
    async with DemoCluster("large", size=5) as running:
        yield running


@pytest.fixture
async def client(cluster: DemoCluster) -> aiohttp.ClientSession:
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {cluster.admin.token}"}) as session:
        yield session


async def test_the_kubeconfig_is_private_and_removed_with_the_cluster() -> None:
    async with DemoCluster("large", size=5) as cluster:
        path = cluster.kubeconfig
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not path.exists()


async def test_the_kubeconfig_url_authenticates_clients_that_send_no_token_without_tls(cluster: DemoCluster) -> None:
    async with aiohttp.ClientSession() as bare:
        async with bare.get(f"{server_of(cluster.kubeconfig)}/api/v1/nodes") as known:
            assert known.status == 200
        async with bare.get(f"{cluster.url}/api/v1/nodes") as unknown:
            assert (unknown.status, (await unknown.json(content_type=None))["reason"]) == (401, "Unauthorized")


async def test_a_paused_server_answers_nothing_until_it_is_resumed(cluster: DemoCluster, client: aiohttp.ClientSession) -> None:
    cluster.pause()
    asking = asyncio.create_task(client.get(f"{cluster.url}/version"))
    done, _ = await asyncio.wait({asking}, timeout=0.3)
    assert not done
    await cluster.resume()
    async with asyncio.timeout(10):
        assert (await asking).status == 200


async def test_a_refusing_server_ends_its_watches_and_resumes_on_the_same_port(cluster: DemoCluster, client: aiohttp.ClientSession) -> None:
    watch = await client.get(f"{cluster.url}/api/v1/pods?watch=1&resourceVersion={cluster.store.resource_version}")
    await cluster.refuse()
    async with asyncio.timeout(10):
        with pytest.raises(aiohttp.ClientError):
            await watch.content.read()
    with pytest.raises(aiohttp.ClientConnectorError):
        await client.get(f"{cluster.url}/version")
    await cluster.resume()
    assert (await client.get(f"{cluster.url}/version")).status == 200


async def test_after_a_compaction_an_old_watch_gets_410(cluster: DemoCluster, client: aiohttp.ClientSession) -> None:
    cluster.compact()
    async with client.get(f"{cluster.url}/api/v1/pods?watch=1&resourceVersion=1") as answer:
        event = json.loads(await answer.content.readline())
    assert (event["type"], event["object"]["code"]) == ("ERROR", 410)


async def test_with_tls_tokens_and_client_certificates_both_authenticate() -> None:
    auditor = User("auditor", "t0ken", rules=(PolicyRule(("list",), ("nodes",)),))
    async with DemoCluster("large", size=5, tls=True, users=(auditor,)) as cluster:
        path = cluster.kubeconfig_for(auditor, certificate=True)
        config = json.loads(path.read_text())
        context = ssl.create_default_context(cadata=_decoded(config["clusters"][0]["cluster"]["certificate-authority-data"]))
        with tempfile.NamedTemporaryFile("w", suffix=".pem") as pair:
            user = config["users"][0]["user"]
            pair.write(_decoded(user["client-certificate-data"]) + _decoded(user["client-key-data"]))
            pair.flush()
            context.load_cert_chain(pair.name)
        async with aiohttp.ClientSession() as session:
            async with session.get(f"{cluster.url}/api/v1/nodes", ssl=context) as nodes:
                assert nodes.status == 200
            async with session.get(f"{cluster.url}/api/v1/pods", ssl=context) as pods:
                assert pods.status == 403


def _decoded(text: str) -> str:
    import base64

    return base64.b64decode(text).decode()


def test_a_cluster_in_a_thread_serves_synchronous_code() -> None:
    with (
        DemoCluster.in_thread("large", size=5) as cluster,
        urllib.request.urlopen(f"{server_of(cluster.kubeconfig)}/api/v1/pods") as answer,
    ):
        assert json.load(answer)["kind"] == "PodList"


_ABANDONED = """
import socket, sys, time
from k8sconsole.demo.server import DemoCluster

def ask(path):
    connection = socket.create_connection(("127.0.0.1", int(cluster.url.rpartition(":")[2])))
    connection.sendall(f"GET {path} HTTP/1.1\\r\\nHost: demo\\r\\nAuthorization: Bearer {cluster.admin.token}\\r\\n\\r\\n".encode())
    assert connection.recv(12) == b"HTTP/1.1 200"
    return connection

with DemoCluster.in_thread("large", size=300) as cluster:
    namespace, pod = next(iter(cluster.store.list_keys(cluster.store.registry.find_by_kind("v1", "Pod"))))
    kinds = ("pods", "events", "nodes", "services", "configmaps", "secrets")
    open_ = [ask(f"/api/v1/{kinds[number % 6]}?watch=1") for number in range(60)]
    open_.append(ask(f"/api/v1/namespaces/{namespace}/pods/{pod}/log?follow=true"))
    for each in open_[:10]:
        each.close()
    began = time.monotonic()
print(time.monotonic() - began)
"""


def test_a_cluster_with_sixty_watches_stops_at_once_and_prints_nothing() -> None:
    done = subprocess.run([sys.executable, "-c", _ABANDONED], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    # A stop that waited for its clients would take half an hour, until their watches time out.
    assert float(done.stdout) < 10


def test_importing_the_demo_loads_neither_the_client_library_nor_cryptography() -> None:
    code = "import sys, k8sconsole.demo.server; print([m for m in ('kubernetes', 'cryptography', 'aiohttp') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ)
    assert done.stdout.strip() == "[]"


@pytest.mark.long
async def test_ten_thousand_pods_are_all_listed_page_by_page() -> None:
    async with DemoCluster("large", size=10_000) as cluster, aiohttp.ClientSession() as session:
        root, token, names = server_of(cluster.kubeconfig), "", 0
        while True:
            async with session.get(f"{root}/api/v1/pods?limit=500&continue={token}") as answer:
                page = json.loads(await answer.read())
            names += len(page["items"])
            token = page["metadata"].get("continue", "")
            if not token:
                break
    assert names == cluster.store.count(_pods())


def _pods() -> object:
    from k8sconsole.demo.resources import RESOURCES

    return RESOURCES["/pods"]
