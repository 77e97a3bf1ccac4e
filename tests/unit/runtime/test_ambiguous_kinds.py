"""A Kind that lives in two groups: reading takes the server's first and says so, changing asks for the group."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from k8sconsole.cluster.live.contexts import KubeconfigContexts
from k8sconsole.config.loader import load_settings
from k8sconsole.demo.server import DemoCluster
from k8sconsole.errors import InvalidParams, NotFound
from k8sconsole.model.kind_names import matching_kinds
from k8sconsole.model.refs import ApiResource, ClusterName
from k8sconsole.model.resources import BUILTIN
from k8sconsole.model.tools import Answer, Face, Question
from k8sconsole.runtime.cluster_pool import Opening
from k8sconsole.runtime.console import Console
from k8sconsole.runtime.services import api_resources
from k8sconsole.runtime.services.get import GetRequest
from k8sconsole.runtime.services.history import DiffRequest, VersionsRequest
from tests.questions import answer_questions

pytestmark = pytest.mark.asyncio(loop_scope="module")
GROUPS = ("pki.example.com", "acme.example.com")
FIRST, SECOND = (f"badges.{group}" for group in GROUPS)
"""The server's order, which is not the alphabet's: the demo serves groups in the order of their definitions."""
CHANGES: dict[str, tuple[str, dict[str, Any]]] = {
    "delete": ("k8s_delete_resource", {}),
    "patch": ("k8s_patch_resource", {"patch": {"spec": {"dns": "b"}}}),
    "label": ("k8s_label_resource", {"labels": {"a": "b"}}),
    "annotate": ("k8s_annotate_resource", {"annotations": {"a": "b"}}),
    "scale": ("k8s_scale_resource", {"replicas": 0}),
    "restart": ("k8s_rollout_restart", {}),
    "set image": ("k8s_set_image", {"image": "x:1"}),
    "undo": ("k8s_undo_change", {"resource_version": "1"}),
}
READS = ("k8s_get_resource", "k8s_describe_resource", "k8s_explain_schema")


def _definition(group: str) -> dict[str, Any]:
    names = {"plural": "badges", "singular": "badge", "kind": "Badge", "shortNames": ["bdg"]}
    schema = {"openAPIV3Schema": {"type": "object", "properties": {"spec": {"type": "object", "properties": {"dns": {"type": "string"}}}}}}
    versions = [{"name": "v1", "served": True, "storage": True, "schema": schema}]
    spec = {"group": group, "scope": "Namespaced", "names": names, "versions": versions}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"badges.{group}"},
        "spec": spec,
    }


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def console(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Console]:
    folder: Path = tmp_path_factory.mktemp("ambiguous")
    async with DemoCluster(scenario="calm-shop", still=True, seed=7) as demo:
        contexts = KubeconfigContexts([demo.kubeconfig])
        cluster = await contexts.open(contexts.list()[0].name)
        definitions = next(one for one in BUILTIN if one.plural == "customresourcedefinitions")
        for group in GROUPS:
            await cluster.create(definitions, None, msgspec.json.encode(_definition(group)))
        for kind in [one for one in (await cluster.discover()).resources if one.plural == "badges"]:
            made = {"apiVersion": kind.api_version, "kind": "Badge", "metadata": {"name": "web"}, "spec": {"dns": "a"}}
            await cluster.create(kind, "shop", msgspec.json.encode(made))
        await cluster.close()
        loaded = load_settings(environment={"CACHE_DB_PATH": str(folder / "cache.db"), "K8SCONSOLE_LOG__FOLDER": str(folder)})
        opened = await Console.open(Opening(loaded, Face.CLI, make_contexts=lambda: contexts))
        yield opened
        await opened.close()


WORDS = ("Badge", "badges", "bdg")


@pytest.mark.parametrize(("tool", "more"), CHANGES.values(), ids=CHANGES)
async def test_no_change_guesses_between_two_groups(console: Console, tool: str, more: dict[str, Any]) -> None:
    asked = answer_questions(console, lambda question: Answer(True, question.confirm_word))
    for word in WORDS:
        error = (await console.tools.call(tool, {"kind": word, "name": "web", "namespace": "shop", **more})).error
        assert isinstance(error, InvalidParams)
        assert (error.details["parameter"], error.details["nearest"]) == ("kind", [FIRST, SECOND])
        assert error.remedy == f"kind={FIRST}"
    assert asked == []


async def test_a_change_with_the_group_asks_about_that_group(console: Console) -> None:
    asked: list[Question] = answer_questions(console, lambda question: Answer(False, by="test"))
    for kind in (FIRST, SECOND, f"Badge.{GROUPS[0]}"):
        await console.tools.call("k8s_delete_resource", {"kind": kind, "name": "web", "namespace": "shop"})
        manifest = {"apiVersion": f"{kind.partition('.')[2]}/v1", "kind": "Badge", "metadata": {"name": "web", "namespace": "shop"}}
        await console.tools.call("k8s_apply_resource", {"manifest": manifest})
    assert [any(group in line for line in (*question.objects, *question.subject)) for question in asked for group in GROUPS].count(
        True
    ) == 6


@pytest.mark.parametrize("tool", READS)
@pytest.mark.parametrize("word", WORDS)
async def test_a_read_takes_the_servers_first_says_which_and_names_the_others(console: Console, tool: str, word: str) -> None:
    arguments = {"kind": word} if "schema" in tool else {"kind": word, "name": "web", "namespace": "shop"}
    outcome = await console.tools.call(tool, arguments)
    assert outcome.error is None
    (note,) = [warning for warning in outcome.warnings if "taken for" in warning]
    assert f"taken for {FIRST}" in note
    assert SECOND in note
    exact = await console.tools.call(tool, {**arguments, "kind": SECOND})
    assert not [warning for warning in exact.warnings if "taken for" in warning]


async def test_get_history_and_diff_say_which_kind_they_took(console: Console) -> None:
    got = await console.tools.get(GetRequest("badges", live=True))
    diff = await console.history.diff(DiffRequest("-1h", kind="bdg"))
    for result in (got, diff):
        assert any(FIRST in warning and SECOND in warning for warning in result.warnings), result
    assert got.resource.name == FIRST


async def test_an_object_that_is_missing_may_be_one_of_the_other_group(console: Console) -> None:
    described = (await console.tools.call("k8s_get_resource", {"kind": "Badge", "name": "nowhere", "namespace": "shop"})).error
    with pytest.raises(NotFound) as got:
        await console.tools.get(GetRequest("badge", "nowhere", ("shop",), live=True))
    with pytest.raises(NotFound) as versions:
        await console.history.versions(VersionsRequest("badge", "nowhere", "shop"))
    for error in (described, got.value, versions.value):
        assert isinstance(error, NotFound)
        assert SECOND in error.detail


async def test_the_servers_order_outlives_the_cache(console: Console) -> None:
    served = await console.clusters.resources(ClusterName((await console.clusters.selected())[0]))
    assert [one.name for one in served if one.plural == "badges"] == [FIRST, SECOND]
    assert served[0].group == ""


async def test_a_change_learns_of_a_group_that_is_newer_than_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_resources, "SURE_FOR", 0.0)
    async with DemoCluster(scenario="calm-shop", still=True, seed=7) as demo:
        contexts = KubeconfigContexts([demo.kubeconfig])
        cluster = await contexts.open(contexts.list()[0].name)
        definitions = next(one for one in BUILTIN if one.plural == "customresourcedefinitions")
        await cluster.create(definitions, None, msgspec.json.encode(_definition(GROUPS[0])))
        loaded = load_settings(environment={"CACHE_DB_PATH": str(tmp_path / "cache.db"), "K8SCONSOLE_LOG__FOLDER": str(tmp_path)})
        opened = await Console.open(Opening(loaded, Face.CLI, make_contexts=lambda: contexts))
        where = {"kind": "Badge", "name": "web", "namespace": "shop"}
        assert isinstance((await opened.tools.call("k8s_get_resource", where)).error, NotFound)
        await cluster.create(definitions, None, msgspec.json.encode(_definition(GROUPS[1])))
        error = (await opened.tools.call("k8s_delete_resource", where)).error
        await opened.close()
        await cluster.close()
    assert isinstance(error, InvalidParams)
    assert error.details["nearest"] == [FIRST, SECOND]


def _kind(name: str, kind: str, group: str, *short: str) -> ApiResource:
    return ApiResource(group, "v1", kind, name, True, kind.lower(), short)


async def test_a_full_name_and_one_set_of_objects_in_two_groups_are_not_ambiguous() -> None:
    knative, policies = _kind("services", "Service", "serving.knative.dev", "ksvc"), _kind("networkpolicies", "NetworkPolicy", "calico.org")
    kinds = [*BUILTIN, knative, policies]
    assert [one.group for one in matching_kinds(kinds, "services")] == [""]
    assert [one.group for one in matching_kinds(kinds, "svc")] == [""]
    assert [one.group for one in matching_kinds(kinds, "Service")] == ["", "serving.knative.dev"]
    assert [one.group for one in matching_kinds(kinds, "Service.v1.")] == [""]
    assert [one.group for one in matching_kinds(kinds, "networkpolicies")] == ["networking.k8s.io", "calico.org"]
    assert [one.name for one in matching_kinds(kinds, "events")] == ["events"]
    assert [one.name for one in matching_kinds(kinds, "ev")] == ["events"]
