"""Namespaces and contexts as kubectl means them: the context's own without -n and -A, and a current-context that names nothing."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.conftest import CommandLine


def _kubeconfig(line: CommandLine, folder: Path, change: dict[str, Any], current: str = "") -> str:
    """The demo's kubeconfig with a changed context, and another current-context. Returns its path."""
    document = json.loads(Path(line.environment["KUBECONFIG"]).read_text())
    document["contexts"][0]["context"] |= change
    document["current-context"] = current or document["current-context"]
    path = folder / "kubeconfig.json"
    path.write_text(json.dumps(document))
    return str(path)


@pytest.fixture
def shop(scanned: CommandLine, tmp_path: Path) -> dict[str, str]:
    """The environment of a context whose own namespace is ``shop``."""
    return {"KUBECONFIG": _kubeconfig(scanned, tmp_path, {"namespace": "shop"})}


@pytest.mark.parametrize("live", [(), ("--live",)])
def test_without_a_namespace_a_list_is_of_the_context_s_own(scanned: CommandLine, shop: dict[str, str], live: tuple[str, ...]) -> None:
    own = scanned.run("get", "deploy", "-o", "json", *live, **shop).json()["items"]
    named = scanned.run("get", "deploy", "-n", "shop", "-o", "json", *live, **shop).json()["items"]
    every = scanned.run("get", "deploy", "-A", "-o", "json", *live, **shop).json()["items"]
    assert [item["metadata"]["uid"] for item in own] == [item["metadata"]["uid"] for item in named]
    assert {item["metadata"]["namespace"] for item in own} == {"shop"} < {item["metadata"]["namespace"] for item in every}


def test_a_context_that_names_no_namespace_means_default_and_an_empty_answer_says_so(scanned: CommandLine) -> None:
    done = scanned.run("get", "deploy")
    assert done.code == 0
    assert "no deployments in default, the context's own namespace (try: -A for all)" in done.err


def test_a_kind_without_namespaces_is_listed_whole(scanned: CommandLine, shop: dict[str, str]) -> None:
    assert len(scanned.run("get", "nodes", "-o", "json", **shop).json()["items"]) > 1


def test_an_object_of_another_namespace_is_not_found_and_the_error_says_where_it_is(scanned: CommandLine) -> None:
    name = scanned.run("get", "deploy", "-n", "shop", "-o", "json").json()["items"][0]["metadata"]["name"]
    done = scanned.run("get", "deploy", name)
    assert done.code == 1
    assert f"no deployment '{name}' in default — it exists in shop" in done.error
    assert "(try: -n shop)" in done.error


def test_a_diff_is_of_the_context_s_own_namespace_too(scanned: CommandLine, shop: dict[str, str]) -> None:
    own, every = (scanned.run("diff", "--from", "-1h", "-o", "json", *words, **shop).json() for words in ((), ("-A",)))
    assert {item["namespace"] for item in own["items"]} <= {"shop"}
    assert " in shop" in scanned.run("diff", "--from", "-1h", **shop).err
    assert " in shop" not in scanned.run("diff", "--from", "-1h", "-A", **shop).err
    assert len(every["items"]) >= len(own["items"])


def test_a_current_context_that_names_nothing_is_refused_by_that_name(scanned: CommandLine, tmp_path: Path) -> None:
    config = _kubeconfig(scanned, tmp_path, {}, current="prod-us")
    for words in (("get", "pods"), ("scan", "--once"), ("tools", "call", "k8s_list_pods")):
        done = scanned.run(*words, KUBECONFIG=config)
        assert done.code == 2, words
        assert "no context 'prod-us' — the kubeconfig's current-context names it; there are: demo-calm-shop" in done.error
    assert scanned.run("get", "pods", "-A", "--context", "demo-calm-shop", KUBECONFIG=config).code == 0
