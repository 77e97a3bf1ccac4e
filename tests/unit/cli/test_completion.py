"""Shell completion, from the cache."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from k8sconsole.cli import completion
from tests.unit.cli.conftest import CommandLine


@pytest.fixture
def ctx(scanned: CommandLine, monkeypatch: pytest.MonkeyPatch) -> Any:
    for name, value in scanned.environment.items():
        monkeypatch.setenv(name, value)
    return cast("Any", SimpleNamespace(params={}))


def test_namespaces_that_begin_so_are_suggested(ctx: Any) -> None:
    assert completion.namespaces(ctx, "sho") == ["shop"]


def test_kinds_are_suggested_by_any_of_their_words(ctx: Any) -> None:
    assert "deployments" in completion.kinds(ctx, "deplo")


def test_names_are_those_of_the_kind_and_namespace_typed_before(ctx: Any) -> None:
    ctx.params = {"kind": "services", "namespace": ["shop"]}
    found = completion.names(ctx, "")
    assert found
    ctx.params = {"kind": "nodes"}
    assert set(found).isdisjoint(completion.names(ctx, ""))


def test_the_context_is_suggested(ctx: Any) -> None:
    assert completion.contexts(ctx, "demo")


def test_tools_and_their_parameters_are_suggested(ctx: Any) -> None:
    assert "k8s_list_pods" in completion.tools(ctx, "k8s_list_p")
    ctx.params = {"name": "k8s_list_pods", "arguments": ["limit=5"]}
    keys = completion.pairs(ctx, "")
    assert "namespace=" in keys
    assert "limit=" not in keys, "it is on the line already"
    assert completion.pairs(ctx, "namespace=sho") == ["namespace=shop"]


def test_a_failure_suggests_nothing_and_prints_nothing(ctx: Any, capsys: pytest.CaptureFixture[str]) -> None:
    ctx.params = {"name": "no_such_tool", "arguments": []}
    assert completion.pairs(ctx, "") == []
    assert capsys.readouterr() == ("", "")
