"""Without a kubeconfig, with an invalid one, or without the context of the cluster, the cache still answers."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from k8sconsole.demo.server import DemoCluster
from tests.acceptance.program import Program

CONTEXT = "demo-calm-shop"


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Program:
    """The program with a cache of a demo cluster that has stopped, and a kubeconfig that tests remove."""
    home = tmp_path_factory.mktemp("home")
    made = Program(home, home / "config")
    with DemoCluster.in_thread("calm-shop", still=True) as demo:
        (home / "config").write_text(demo.kubeconfig.read_text())
        made.run("scan", "--once")
    return made


@pytest.fixture
def kubeconfig(program: Program) -> Iterator[Path]:
    path = program.folder / "config"
    original = path.read_text()
    yield path
    path.write_text(original)


def pods(said: subprocess.CompletedProcess[str]) -> int:
    assert said.returncode == 0, said.stderr
    return len(json.loads(said.stdout)["items"])


def test_get_and_tools_answer_from_the_cache_and_stderr_says_why(program: Program, kubeconfig: Path) -> None:
    whole = pods(program.finish("get", "pods", "-A", "-o", "json"))
    assert whole > 0
    for broken, why in (("contexts: [\n", "line 2"), (None, "no kubeconfig was found")):
        if broken is None:
            kubeconfig.unlink()
        else:
            kubeconfig.write_text(broken)
        said = program.finish("get", "pods", "-A", "-o", "json")
        assert pods(said) == whole
        assert said.stderr.startswith("warning: offline, answered from the cache — ")
        assert why in said.stderr
        called = program.finish("tools", "call", "k8s_list_pods", "namespace=*", "--json")
        assert (called.returncode, json.loads(called.stdout)["freshness"]["source"]) == (0, "cache")
        live = program.finish("get", "pods", "--live")
        assert (live.returncode, live.stdout) == (2, "")
        assert "(try: " in live.stderr.splitlines()[-1]
        scan = program.finish("scan", "--once")
        assert scan.returncode == 2
        assert "warning" not in scan.stderr
    listed = json.loads(program.finish("tools", "call", "k8s_list_contexts", "--json").stdout)["data"]["items"]
    assert [(one["name"], one["selected"]) for one in listed] == [(CONTEXT, True)]
    assert "cache" in listed[0]["problem"]


def test_the_cache_of_a_removed_context_is_read_by_name_and_an_unknown_context_is_an_error(program: Program, kubeconfig: Path) -> None:
    kubeconfig.write_text(kubeconfig.read_text().replace(CONTEXT, "renamed"))
    said = program.finish("get", "pods", "-A", "--context", CONTEXT, "-o", "json")
    assert pods(said) > 0
    assert f"Context {CONTEXT} is not in the kubeconfig" in said.stderr
    unknown = program.finish("get", "pods", "--context", "demo-calm-shp")
    assert unknown.returncode == 2
    scan = program.finish("scan", "--once", "--context", CONTEXT)
    assert scan.returncode == 2
    assert f"no context '{CONTEXT}'" in scan.stderr
