"""A secret of the cluster is in no file, log, answer or screen of the program, in whichever field it was."""

import base64
import json
from collections.abc import Callable

import pytest
from mcp import Client, StdioServerParameters

from tests.acceptance.console import ESCAPE, console
from tests.acceptance.planted_secrets import OBJECTS, PUBLIC, SECRETS, leaks, manifests, plain, shows_public, unpacked
from tests.acceptance.program import COMMAND, ROOT, Program
from tests.control_plane.offered import OfferedCluster
from tests.control_plane.plane import ControlPlane

WIDE = {"rows": 120, "columns": 180}
"""A terminal that is large enough for a whole object."""


@pytest.fixture(scope="module")
def planted(shared: OfferedCluster) -> OfferedCluster:
    """The cluster with the secrets in it, for tests that only read them."""
    return _plant(shared)


def _plant(offered: OfferedCluster) -> OfferedCluster:
    """Applies the secrets with kubectl, and checks that kubectl itself shows every one."""
    offered.kubectl("apply", "-n", offered.namespace, "-f", "-", stdin=manifests())
    offered.kubectl("wait", "pod/planted-pod", "-n", offered.namespace, "--for=condition=Ready", "--timeout=60s", timeout=90)
    shown = offered.kubectl("get", "secrets,configmaps,pods", "-n", offered.namespace, "-o", "yaml").encode()
    assert len(leaks("kubectl's answer", shown)) == len(SECRETS), "the search finds every secret where it is"
    return offered


@pytest.fixture(scope="module")
def scanned(planted: OfferedCluster, shared_program: Program) -> Program:
    shared_program.run("scan", "--once", "--json")
    return shared_program


def _check_clean(where: str, content: bytes) -> None:
    """Checks that the content has the public word and no secret."""
    assert shows_public(content), f"{where} shows nothing at all: {content[:2000]!r}"
    assert leaks(where, content) == []


def test_no_secret_is_in_the_cache_or_in_any_other_file(scanned: Program) -> None:
    values = b"\n".join(unpacked(scanned.cache))
    _check_clean("a row of the cache", values)
    assert [leak for path, content in scanned.written() for leak in leaks(path.name, content)] == []


def test_no_secret_is_in_the_history_of_changed_and_deleted_objects(offered: OfferedCluster, program: Program) -> None:
    _plant(offered)
    space = offered.namespace
    program.run("scan", "--once", "--json")
    for one in OBJECTS:
        offered.kubectl("label", *one.split(), "-n", space, "turn=two")
    program.run("scan", "--once", "--json")
    for one in OBJECTS:
        offered.kubectl("delete", *one.split(), "-n", space, "--wait=false")
    program.run("scan", "--once", "--json")
    for one in OBJECTS:
        reported = program.run("history", *one.split(), "-n", space, "-o", "json")
        assert "turn" in reported, reported
        assert leaks(f"history {one}", reported.encode()) == []
    assert len(program.json("cache", "query", "SELECT id FROM keyframes", "--json")) >= len(OBJECTS)
    _check_files_clean(program)


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_no_secret_is_in_the_output_of_get(planted: OfferedCluster, scanned: Program, form: str) -> None:
    for one in OBJECTS:
        for live in ([], ["--live"]):
            _check_clean(f"get {one} {live}", scanned.run("get", *one.split(), "-n", planted.namespace, "-o", form, *live).encode())
    for kind in ("secrets", "configmaps", "pods"):
        _check_clean(f"get {kind}", scanned.run("get", kind, "-n", planted.namespace, "-o", form).encode())


def test_no_secret_can_be_read_with_sql(scanned: Program) -> None:
    for table in ("objects", "pods", "audit"):
        said = scanned.run("cache", "query", f"SELECT * FROM {table}", "--json").encode()
        assert leaks(table, said) == []
    bodies = scanned.json("cache", "query", "SELECT body FROM bodies", "--json")
    _check_clean("a body, unpacked", b"\n".join(plain(base64.b64decode(row["body"])) for row in bodies))


SECRET_FIELDS = ["metadata.annotations", "metadata.labels", "data", "spec.containers"]


def _tool_calls(namespace: str) -> list[tuple[str, dict[str, object]]]:
    one = [("k8s_get_resource", {"kind": kind, "name": name, "namespace": namespace}) for kind, name in map(str.split, OBJECTS)]
    many = [("k8s_list_resources", {"kind": kind.split()[0], "namespace": namespace, "fields": SECRET_FIELDS}) for kind in OBJECTS]
    found = [("k8s_list_resources", {"kind": "pods", "namespace": namespace, "filter": f"app={PUBLIC}"})]
    both = [(tool, {**arguments, **live}) for tool, arguments in [*one, *many, *found] for live in ({}, {"live": True})]
    return [*both, ("k8s_get_pod_logs", {"name": "planted-pod", "namespace": namespace})]


def test_no_secret_is_in_a_tool_reply_to_the_shell(planted: OfferedCluster, scanned: Program) -> None:
    answers = [
        scanned.run("tools", "call", tool, "--json", "--json-args", json.dumps(arguments))
        for tool, arguments in _tool_calls(planted.namespace)
        if arguments.get("live") or tool == "k8s_get_pod_logs"
    ]
    _check_clean("tools call", "\n".join(answers).encode())
    _check_files_clean(scanned)


async def test_no_secret_is_in_a_tool_reply_to_an_mcp_client(planted: OfferedCluster, scanned: Program) -> None:
    server = StdioServerParameters(command=COMMAND[0], args=[*COMMAND[1:], "mcp"], env=scanned.env, cwd=ROOT)
    async with Client(server) as client:
        answers = [await client.call_tool(tool, arguments) for tool, arguments in _tool_calls(planted.namespace)]
    assert [answer.content for answer in answers if answer.is_error] == []
    _check_clean("an MCP result", "\n".join(answer.model_dump_json() for answer in answers).encode())
    _check_files_clean(scanned)


def test_no_secret_is_on_the_screen_of_describe_and_yaml(planted: OfferedCluster, scanned: Program) -> None:
    with console(scanned, **WIDE) as session:
        session.wait_until_live()
        for one in OBJECTS:
            kind, name = one.split()
            session.enter_command(f"{kind} {planted.namespace}")
            session.wait_for_breadcrumbs(kind, planted.namespace)
            session.enter_filter(name)
            session.press("j")
            for key, view in (("d", "describe"), ("y", "yaml")):
                session.terminal.type(key)
                session.wait_for_breadcrumbs(name, view)
                session.terminal.wait_for(PUBLIC)
                _check_clean(f"{view} of {one}", session.terminal.settle().encode())
                session.press(ESCAPE)
        assert session.quit() == 0
        assert leaks("all output to the terminal", session.terminal.raw) == []
    _check_files_clean(scanned)


@pytest.mark.real
@pytest.mark.parametrize(
    "line", ["password={}", "Authorization: Bearer {}", "GET https://robot:{}@git.example.org/ 200", '{{"token": "{}"}}']
)
def test_no_secret_in_the_log_of_a_pod_is_returned(
    control_plane: ControlPlane,
    real_namespace: str,
    program_on: Callable[[OfferedCluster], Program],
    real_cluster: OfferedCluster,
    line: str,
) -> None:
    secret = f"hunter2-in-a-log-line-{abs(hash(line)) % 10_000}"
    real_cluster.kubectl("apply", "-n", real_namespace, "-f", "-", stdin=manifests())
    real_cluster.kubectl("wait", "pod/planted-pod", "-n", real_namespace, "--for=condition=Ready", "--timeout=60s", timeout=90)
    control_plane.log_line(PUBLIC)
    control_plane.log_line(line.format(secret))
    program = program_on(real_cluster)
    program.run("scan", "--once", "--json")
    reported = program.run("tools", "call", "k8s_get_pod_logs", "name=planted-pod", f"namespace={real_namespace}", "--json")
    assert PUBLIC in reported
    assert secret not in reported
    assert all(secret.encode() not in content for _, content in program.written())


def _check_files_clean(program: Program) -> None:
    assert leaks("a row of the cache", b"\n".join(unpacked(program.cache))) == []
    assert [leak for path, content in program.written() for leak in leaks(path.name, content)] == []
