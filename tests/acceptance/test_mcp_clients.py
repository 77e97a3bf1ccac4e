"""The official MCP client library with ``k8sconsole mcp`` over stdio, in both protocol eras."""

import asyncio
import contextlib
import json
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import mcp_types as types
import pytest
import yaml
from mcp import Client, StdioServerParameters

from k8sconsole.demo.server import DemoCluster
from k8sconsole.demo.world.staging.releases import release_secrets
from k8sconsole.demo.world.staging.scenario_file import ChartRelease, ChartRevision
from k8sconsole.model.tools import Risk
from k8sconsole.tools.registry import builtin_registry
from tests.acceptance.program import COMMAND, ROOT, Program
from tests.control_plane.offered import OfferedCluster
from tests.waiting import wait_until

ERAS = ("legacy", "2026-07-28")
CHANGING = {tool.name for tool in builtin_registry() if tool.risk is not Risk.READ}


@contextlib.asynccontextmanager
async def _client(program: Program, *arguments: str, era: str = "auto", **options: Any) -> AsyncIterator[Client]:
    server = StdioServerParameters(command=COMMAND[0], args=[*COMMAND[1:], "mcp", *arguments], env=program.env, cwd=ROOT)
    async with Client(server, mode=era, **options) as client:
        yield client


@pytest.fixture
def pods(offered: OfferedCluster) -> list[str]:
    """The names of three pods that run in the offered namespace."""
    return _run_pods(offered)


@pytest.fixture(scope="module")
def shared_pods(shared: OfferedCluster, shared_program: Program) -> list[str]:
    """The names of three pods in the shared namespace, which the program has scanned."""
    names = _run_pods(shared)
    shared_program.run("scan", "--once")
    return names


def _run_pods(offered: OfferedCluster) -> list[str]:
    where = ("-n", offered.namespace)
    offered.kubectl("create", "deployment", "served", "--image=registry.example/served:1", "--replicas=3", *where)
    offered.kubectl("rollout", "status", "deployment/served", *where, "--timeout=60s", timeout=90)
    return _names(offered, "pods", *where)


def _names(offered: OfferedCluster, kind: str, *where: str) -> list[str]:
    return sorted(line.partition("/")[2] for line in offered.kubectl("get", kind, *where, "-o", "name").split())


async def _call(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    """Calls a tool. Returns the structured answer, which must state its freshness."""
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, (tool, result.content)
    answer = dict(result.structured_content or {})
    assert answer["freshness"]["source"] in ("live", "cache", "history"), (tool, answer["freshness"])
    return answer


def _listed(answer: dict[str, Any]) -> list[str]:
    return sorted(item["name"] for item in answer["data"]["items"])


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("live", [False, True], ids=["cached", "live"])
async def test_each_reading_tool_returns_what_kubectl_returns(
    shared: OfferedCluster, shared_program: Program, shared_pods: list[str], era: str, live: bool
) -> None:
    here = {"namespace": shared.namespace, "live": live}
    async with _client(shared_program, "--no-scan", era=era) as client:
        tools = {tool.name for tool in (await client.list_tools()).tools}
        assert not tools & CHANGING
        assert _listed(await _call(client, "k8s_list_pods", **here)) == shared_pods
        assert _listed(await _call(client, "k8s_list_nodes", live=live, limit=100)) == _names(shared, "nodes")
        assert shared.namespace in _listed(await _call(client, "k8s_list_namespaces", live=live, limit=100))
        assert _listed(await _call(client, "k8s_list_services", namespace="default", live=live)) == _names(
            shared, "services", "-n", "default"
        )
        assert _listed(await _call(client, "k8s_list_resources", kind="deploy", **here)) == ["served"]
        got = (await _call(client, "k8s_get_resource", kind="deployment", name="served", fields=["spec.replicas"], **here))["data"]
        assert '"replicas":3' in json.dumps(got).replace(" ", "") or '"spec.replicas":3' in json.dumps(got).replace(" ", "")
        assert (await _call(client, "k8s_list_events", **here))["data"]
        assert (await _call(client, "k8s_get_cluster_info", live=live))["data"]
        assert shared.context in json.dumps((await _call(client, "k8s_list_contexts"))["data"])
        assert "data" in await _call(client, "k8s_get_pod_logs", name=shared_pods[0], namespace=shared.namespace, tail=5)
        assert (await _call(client, "cache_status"))["data"]
        counted = await _call(client, "cache_query", sql=f"SELECT count(*) AS n FROM pods WHERE namespace = '{shared.namespace}'")
        assert "3" in json.dumps(counted["data"])
        tried = {"k8s_list_pods", "k8s_list_nodes", "k8s_list_namespaces", "k8s_list_services", "k8s_list_resources", "k8s_get_resource"}
        tried |= {"k8s_list_events", "k8s_get_cluster_info", "k8s_list_contexts", "k8s_get_pod_logs", "cache_status", "cache_query"}
        tried |= (
            await _check_history_tools(client, shared, shared_pods)
            | await _check_inspection_tools(client, shared, live)
            | await _check_helm_tools(client, shared)
        )
        assert tools == tried, "a reading tool that is listed is tried here"


async def _check_inspection_tools(client: Client, offered: OfferedCluster, live: bool) -> set[str]:
    """Checks the tools about kinds, permissions, rollouts and usage. Returns their names."""
    here, served = {"namespace": offered.namespace}, {"name": "served", "namespace": offered.namespace}
    kinds = (await _call(client, "k8s_list_api_resources", filter="deploy", live=live))["data"]["items"]
    assert [kind["name"] for kind in kinds] == ["deployments.apps"]
    assert (await _call(client, "k8s_explain_schema", kind="deploy", path="spec.replicas"))["data"]["type"] == "integer"
    assert (await _call(client, "k8s_check_permission", kind="pods", verb="get", **here))["data"]["allowed"] == {"get": True}
    assert (await _call(client, "k8s_rollout_status", live=live, **served))["data"]["desired"] == 3
    assert [one["current"] for one in (await _call(client, "k8s_rollout_history", live=live, **served))["data"]["revisions"]] == [True]
    used = (await _call(client, "k8s_get_usage", by="workload", live=live, **here))["data"]["items"]
    assert [(one["name"], one["pods"]) for one in used] == [(f"{offered.namespace}/Deployment/served", 3)]
    assert (await _call(client, "k8s_search_resources", text="served", kinds=["deploy"], **here))["data"]["counts"] == {
        "deployments.apps": 1
    }
    assert (await _call(client, "k8s_describe_resource", kind="deploy", live=live, **served))["data"]["sections"]
    assert [one["kind"] for one in (await _call(client, "cache_refresh", kind="configmaps"))["data"]["kinds"]] == ["configmaps"]
    for tool in ("k8s_top_pods", "k8s_top_nodes"):
        assert (await client.call_tool(tool, {})).is_error is (offered.kind == "real")
    asked = "list_api_resources explain_schema check_permission rollout_status rollout_history get_usage search_resources describe_resource"
    return {f"k8s_{name}" for name in asked.split()} | {"cache_refresh", "k8s_top_pods", "k8s_top_nodes"}


async def _check_helm_tools(client: Client, offered: OfferedCluster) -> set[str]:
    """Checks the Helm tools with a release in the namespace. Returns the names of the tools."""
    revision = ChartRevision(version="0.1.0", app="1.2", at="1h", values={"size": 3})
    release = ChartRelease(name="small", namespace=offered.namespace, chart="small", revisions=[revision])
    for _, secret in release_secrets(release, datetime.now(UTC)):
        offered.kubectl("apply", "-f", "-", stdin=json.dumps(secret))
    small = {"name": "small", "namespace": offered.namespace}
    listed = await _call(client, "helm_list_releases", namespace=offered.namespace)
    assert [(one["name"], one["chart"]) for one in listed["data"]["items"]] == [("small", "small-0.1.0")]
    assert (await _call(client, "helm_get_values", **small))["data"]["values"] == {"size": 3}
    assert (await _call(client, "helm_get_history", **small))["data"]["kept"] == 1
    return {"helm_list_releases", "helm_get_values", "helm_get_history"}


async def _check_history_tools(client: Client, offered: OfferedCluster, pods: list[str]) -> set[str]:
    """Checks the history tools with what the scan recorded. Returns their names."""
    here = {"namespace": offered.namespace}
    assert _listed(await _call(client, "k8s_list_pods", as_of="now", **here)) == pods
    served = {"kind": "deployment", "name": "served", **here}
    then = await _call(client, "history_get_as_of", as_of="now", fields=["spec.replicas"], **served)
    assert then["data"]["object"] == {"spec.replicas": 3}
    versions = (await _call(client, "history_list_versions", **served))["data"]["versions"]
    assert versions[-1]["observed_at"] == then["data"]["observed_at"]
    assert (await _call(client, "history_diff", since="-1h", **here))["freshness"]["missing"], "before the scan the cluster was not watched"
    assert "items" in (await _call(client, "history_timeline", **here))["data"]
    return {"history_get_as_of", "history_list_versions", "history_diff", "history_timeline"}


@pytest.mark.parametrize("era", ERAS)
async def test_an_object_is_read_by_its_uri_and_its_name_is_completed(
    shared: OfferedCluster, shared_program: Program, shared_pods: list[str], era: str
) -> None:
    place = f"k8s://{quote(shared.context, safe='')}/{shared.namespace}/pods"
    log = types.ResourceTemplateReference(type="ref/resource", uri="k8s://{context}/{namespace}/pods/{name}/log")
    async with _client(shared_program, "--no-scan", era=era) as client:
        (table,) = (await client.read_resource(place)).contents
        assert all(pod in table.text for pod in shared_pods)  # type: ignore[union-attr]
        (one,) = (await client.read_resource(f"{place}/{shared_pods[0]}")).contents
        assert yaml.safe_load(one.text)["metadata"]["name"] == shared_pods[0]  # type: ignore[union-attr]
        given = {"context": shared.context, "namespace": shared.namespace}
        assert (await client.complete(log, {"name": "name", "value": ""}, given)).completion.values == shared_pods


@pytest.mark.parametrize("era", ERAS)
async def test_a_changing_tool_is_not_listed_and_a_call_of_it_is_refused(
    shared: OfferedCluster, shared_program: Program, shared_pods: list[str], era: str
) -> None:
    async with _client(shared_program, era=era, elicitation_callback=_answering("accept", confirm=True)) as client:
        assert not {tool.name for tool in (await client.list_tools()).tools} & CHANGING
        refused = await client.call_tool("k8s_delete_resource", {"kind": "pods", "name": shared_pods[0], "namespace": shared.namespace})
    assert refused.is_error
    assert (refused.structured_content or {})["error"]["name"] == "PermissionDenied"
    assert _names(shared, "pods", "-n", shared.namespace) == shared_pods


def _answering(action: str, **content: Any) -> Any:
    async def callback(context: Any, params: types.ElicitRequestFormParams) -> types.ElicitResult:
        return types.ElicitResult(action=action, content=content or None)  # type: ignore[arg-type]

    return callback


@pytest.mark.parametrize("era", ERAS)
async def test_with_allow_write_a_pod_is_deleted_after_a_yes_and_not_after_a_no(
    offered: OfferedCluster, program: Program, pods: list[str], era: str
) -> None:
    where = {"kind": "pods", "name": pods[0], "namespace": offered.namespace}
    async with _client(program, "--allow-write", era=era, elicitation_callback=_answering("decline")) as client:
        assert {tool.name for tool in (await client.list_tools()).tools} >= CHANGING
        assert (await client.call_tool("k8s_delete_resource", where)).is_error
    assert pods[0] in _names(offered, "pods", "-n", offered.namespace)
    async with _client(program, "--allow-write", era=era, elicitation_callback=_answering("accept", confirm=True)) as client:
        done = await client.call_tool("k8s_delete_resource", where)
    assert not done.is_error, done.content
    offered.kubectl("wait", "--for=delete", f"pod/{pods[0]}", "-n", offered.namespace, "--timeout=60s", timeout=90)
    assert pods[0] not in _names(offered, "pods", "-n", offered.namespace)


@pytest.mark.parametrize("era", ERAS)
async def test_a_drain_reports_its_progress_until_the_node_is_empty(tmp_path: Path, era: str) -> None:
    shown: list[tuple[float, float | None, str | None]] = []

    async def progress(done: float, total: float | None, message: str | None) -> None:
        shown.append((done, total, message))

    async with DemoCluster("calm-shop", still=True) as cluster:
        program = Program(tmp_path, cluster.kubeconfig)
        node = json.loads(await asyncio.to_thread(program.run, "get", "nodes", "-o", "json"))["items"][0]["metadata"]["name"]
        call = {"name": node, "force": True, "delete_emptydir_data": True, "grace_seconds": 0, "timeout_seconds": 30}
        async with _client(program, "--allow-write", era=era, elicitation_callback=_answering("accept", word=node)) as client:
            done = await client.call_tool("k8s_drain_node", call, progress_callback=progress)
    assert not done.is_error, done.content
    drained = dict(done.structured_content or {})["data"]
    assert drained["complete"] or drained["held"]
    assert shown
    assert [one[0] for one in shown] == sorted(one[0] for one in shown)
    assert shown[-1][2] is not None
    assert shown[-1][2].startswith(f"{len(drained['evicted'])} of {shown[-1][1]:.0f} pods evicted")


@pytest.mark.parametrize("era", ERAS)
async def test_a_followed_log_reports_progress_and_ends_when_the_client_cancels_the_call(
    demo: DemoCluster, tmp_path: Path, era: str
) -> None:
    program = Program(tmp_path, demo.kubeconfig)
    grown = asyncio.Event()

    async def progress(done: float, total: float | None, message: str | None) -> None:
        grown.set()

    async with _client(program, era=era) as client:
        running = await _call(client, "k8s_list_pods", namespace="shop", filter="web status=Running", limit=1)
        call = {"name": running["data"]["items"][0]["name"], "namespace": "shop", "follow": True}
        following = asyncio.create_task(client.call_tool("k8s_get_pod_logs", call, progress_callback=progress))
        async with asyncio.timeout(15):
            await grown.wait()
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        query = "SELECT outcome FROM audit WHERE tool = 'k8s_get_pod_logs' AND phase = 'completed'"

        async def completed() -> Any:
            return (await _call(client, "cache_query", sql=query))["data"]["rows"]

        rows = await wait_until(completed)
    assert "Cancelled" in json.dumps(rows)


@pytest.mark.parametrize("era", ERAS)
async def test_a_client_without_elicitation_cannot_change_anything(
    shared: OfferedCluster, shared_program: Program, shared_pods: list[str], era: str
) -> None:
    async with _client(shared_program, "--allow-write", era=era) as client:
        refused = await client.call_tool("k8s_delete_resource", {"kind": "pods", "name": shared_pods[0], "namespace": shared.namespace})
    assert refused.is_error
    assert _names(shared, "pods", "-n", shared.namespace) == shared_pods


@pytest.mark.parametrize("era", ERAS)
async def test_without_the_cluster_the_server_starts_and_answers_from_the_cache_with_its_age(tmp_path: Path, era: str) -> None:
    async with DemoCluster("calm-shop", still=True) as cluster:
        program = Program(tmp_path, cluster.kubeconfig)
        await asyncio.to_thread(program.run, "scan", "--once")
        scanned_at = time.time()
        await cluster.refuse()
        async with _client(program, era=era) as client:
            called_at = time.time()
            kept = await _call(client, "k8s_list_pods", namespace="shop")
            assert kept["freshness"]["source"] == "cache"
            assert kept["freshness"]["age_seconds"] >= called_at - scanned_at
            assert kept["data"]["items"]
            instead = await _call(client, "k8s_list_pods", namespace="shop", live=True)
            assert instead["freshness"]["source"] == "cache"
            assert "this is the cache" in "".join(instead["warnings"])
            assert _listed(instead) == _listed(kept)
            refused = await client.call_tool("k8s_get_pod_logs", {"name": kept["data"]["items"][0]["name"], "namespace": "shop"})
            assert (refused.structured_content or {})["error"]["name"] == "ServiceUnavailable"


async def test_standard_output_carries_nothing_but_the_protocol(demo: DemoCluster, tmp_path: Path) -> None:
    program = Program(tmp_path, demo.kubeconfig)
    process = await asyncio.create_subprocess_exec(*COMMAND, "mcp", cwd=ROOT, env=program.env, stdin=PIPE, stdout=PIPE, stderr=PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "by-hand", "version": "1"}}
    messages = [
        {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 2, "method": "tools/list"},
        {"jsonrpc": "2.0", "id": 3, "method": "tools/call", "params": {"name": "k8s_list_pods", "arguments": {"live": True}}},
    ]
    process.stdin.write(b"".join(json.dumps(message).encode() + b"\n" for message in messages))
    lines = [await asyncio.wait_for(process.stdout.readline(), 60) for _ in range(3)]
    process.stdin.close()
    rest, _ = await asyncio.wait_for(process.communicate(), 60)
    answers = [json.loads(line) for line in [*lines, *rest.splitlines()]]
    assert all(answer["jsonrpc"] == "2.0" for answer in answers)
    assert {1, 2, 3} <= {answer.get("id") for answer in answers}
    assert process.returncode == 0, "it ends when its client has gone"
