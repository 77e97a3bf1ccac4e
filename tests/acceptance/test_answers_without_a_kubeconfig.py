"""Without a kubeconfig, with a broken one, or with one that no longer names the cluster: what was seen before is still answered."""

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
    """With a cache of the demo cluster, which has ended, and a kubeconfig that a test takes away."""
    home = tmp_path_factory.mktemp("home")
    made = Program(home, home / "config")
    with DemoCluster.in_thread("calm-shop", still=True) as demo:
        (home / "config").write_text(demo.kubeconfig.read_text())
        made.run("scan", "--once")
    return made


@pytest.fixture
def kubeconfig(program: Program) -> Iterator[Path]:
    path = program.folder / "config"
    kept = path.read_text()
    yield path
    path.write_text(kept)


def pods(said: subprocess.CompletedProcess[str]) -> int:
    assert said.returncode == 0, said.stderr
    return len(json.loads(said.stdout)["items"])


def test_get_and_tools_answer_from_the_cache_and_say_on_stderr_why(program: Program, kubeconfig: Path) -> None:
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


def test_a_cluster_whose_context_was_removed_is_answered_by_name_and_an_unknown_one_is_not(program: Program, kubeconfig: Path) -> None:
    kubeconfig.write_text(kubeconfig.read_text().replace(CONTEXT, "renamed"))
    said = program.finish("get", "pods", "-A", "--context", CONTEXT, "-o", "json")
    assert pods(said) > 0
    assert f"Context {CONTEXT} is not in the kubeconfig" in said.stderr
    unknown = program.finish("get", "pods", "--context", "demo-calm-shp")
    assert unknown.returncode == 2
    scan = program.finish("scan", "--once", "--context", CONTEXT)
    assert scan.returncode == 2
    assert f"no context '{CONTEXT}'" in scan.stderr
