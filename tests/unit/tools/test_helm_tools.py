"""The Helm tools on the releases of the demo cluster. Helm itself can read their secrets."""

import base64
import gzip
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from k8sconsole.cluster.port import Cluster
from k8sconsole.errors import InvalidParams, NotFound, PolicyDenied, ServerError, Unreachable
from k8sconsole.model.policy import Action, Policy, Rule
from k8sconsole.model.refs import ClusterName
from k8sconsole.model.tools import Face, ToolCall, ToolOutcome
from k8sconsole.tools.context import ToolContext
from k8sconsole.tools.pipeline.pipeline import Pipeline
from k8sconsole.tools.suggestions import suggest
from tests.tool_harness import ToolHarness

GRAFANA = {"name": "grafana", "namespace": "monitoring"}


def _ok(outcome: ToolOutcome) -> Any:
    assert outcome.error is None, str(outcome.error)
    return outcome.data


async def _store_release(cluster: Cluster, name: str, release: Any, *, number: int = 1) -> None:
    """Creates a release secret of Helm with this content."""
    packed = release if isinstance(release, str) else base64.b64encode(gzip.compress(msgspec.json.encode(release))).decode()
    labels = {"owner": "helm", "name": name, "status": "deployed", "version": str(number)}
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "helm.sh/release.v1",
        "metadata": {"name": f"sh.helm.release.v1.{name}.v{number}", "labels": labels},
        "stringData": {"release": packed},
    }
    kind = next(one for one in (await cluster.discover()).resources if one.name == "secrets")
    await cluster.create(kind, "shop", msgspec.json.encode(secret))


async def test_releases_are_listed_at_their_newest_revision(harness: ToolHarness) -> None:
    outcome = await harness.call("helm_list_releases")
    data = _ok(outcome)
    assert [(one["namespace"], one["name"], one["revision"], one["chart"], one["status"]) for one in data["items"]] == [
        ("ingress-nginx", "ingress-nginx", 2, "ingress-nginx-4.14.0", "deployed"),
        ("monitoring", "grafana", 1, "grafana-10.1.4", "deployed"),
        ("monitoring", "loki", 2, "loki-6.46.0", "deployed"),
    ]
    assert data["counts"] == {"deployed": 3}
    assert outcome.freshness is not None
    assert outcome.freshness.source == "live"


async def test_a_list_is_filtered_by_namespace_and_by_a_part_of_a_name(harness: ToolHarness) -> None:
    assert [one["name"] for one in _ok(await harness.call("helm_list_releases", namespace="monitoring"))["items"]] == ["grafana", "loki"]
    assert [one["name"] for one in _ok(await harness.call("helm_list_releases", filter="NGINX"))["items"]] == ["ingress-nginx"]


async def test_values_are_those_given_and_with_all_also_the_defaults_of_the_chart(harness: ToolHarness) -> None:
    given = _ok(await harness.call("helm_get_values", **GRAFANA))["values"]
    assert given["persistence"] == {"enabled": True}
    both = _ok(await harness.call("helm_get_values", **GRAFANA, all=True))["values"]
    assert both["persistence"] == {"enabled": True, "size": "10Gi"}
    assert both["service"] == {"port": 80}


async def test_a_null_removes_a_default(harness: ToolHarness, cluster: Cluster) -> None:
    release = {"name": "less", "namespace": "shop", "version": 1, "chart": {"values": {"a": 1, "b": {"c": 2, "d": 3}}}}
    await _store_release(cluster, "less", {**release, "config": {"a": None, "b": {"c": None}, "e": None}})
    assert _ok(await harness.call("helm_get_values", name="less", namespace="shop", all=True))["values"] == {"b": {"d": 3}, "e": None}


async def test_a_password_among_the_values_is_masked_in_every_reply(harness: ToolHarness) -> None:
    for more in ({}, {"all": True}):
        outcome = await harness.call("helm_get_values", **GRAFANA, **more)
        assert "FAKE-grafana-admin" not in str(outcome)
        assert _ok(outcome)["values"]["adminPassword"] == "[masked: 17-32 chars]"


async def test_history_is_newest_first_and_an_older_revision_has_its_own_values(harness: ToolHarness) -> None:
    loki = {"name": "loki", "namespace": "monitoring"}
    data = _ok(await harness.call("helm_get_history", **loki))
    assert [(one["revision"], one["status"], one["app_version"]) for one in data["items"]] == [
        (2, "deployed", "3.6.0"),
        (1, "superseded", "3.5.9"),
    ]
    assert "limits_config" not in _ok(await harness.call("helm_get_values", **loki, revision=1))["values"]["loki"]


@pytest.mark.parametrize(
    ("given", "parameter", "nearest"),
    [
        ({"name": "grafna", "namespace": "monitoring"}, "name", ["grafana"]),
        ({"name": "loki", "namespace": "monitoring", "revision": 9}, "revision", [2, 1]),
    ],
)
async def test_an_unknown_release_or_revision_is_an_error_with_the_nearest(
    harness: ToolHarness, given: Any, parameter: str, nearest: Any
) -> None:
    error = (await harness.call("helm_get_values", **given)).error
    assert isinstance(error, NotFound)
    assert (error.details["parameter"], error.details["nearest"]) == (parameter, nearest)


async def test_the_error_names_the_namespace_that_has_the_release(harness: ToolHarness) -> None:
    error = (await harness.call("helm_get_history", name="loki", namespace="shop")).error
    assert isinstance(error, NotFound)
    assert error.remedy == "namespace=monitoring"


async def test_a_name_cannot_widen_the_label_selector(harness: ToolHarness) -> None:
    assert isinstance((await harness.call("helm_get_values", name="loki,owner", namespace="monitoring")).error, InvalidParams)


async def test_without_the_cluster_releases_are_listed_from_cached_labels_with_a_warning(harness: ToolHarness) -> None:
    async def unreachable(context: ClusterName) -> Cluster:
        raise Unreachable("the cluster does not answer")

    pipeline = Pipeline(harness.pipeline.registry, replace(harness.environment, open_cluster=unreachable))
    outcome = await pipeline.call(ToolCall("helm_list_releases", {}, Face.TUI))
    items = _ok(outcome)["items"]
    assert [(one["name"], one["revision"], one["status"], one["chart"]) for one in items][2] == ("loki", 2, "deployed", "")
    assert outcome.freshness is not None
    assert outcome.freshness.source == "cache"
    assert any("has no charts" in one for one in outcome.warnings)
    assert isinstance((await pipeline.call(ToolCall("helm_get_values", GRAFANA, Face.TUI))).error, Unreachable)


@pytest.mark.parametrize(
    "inside", ["no base64!", base64.b64encode(b"{}").decode(), {"version": "one"}, base64.b64encode(b"\x1f\x8bx").decode()]
)
async def test_a_secret_that_is_not_a_real_release_is_a_plain_error(harness: ToolHarness, cluster: Cluster, inside: Any) -> None:
    await _store_release(cluster, "odd", inside)
    error = (await harness.call("helm_get_values", name="odd", namespace="shop")).error
    assert isinstance(error, ServerError)
    assert error.title == "cannot read a release"


async def test_a_release_that_unpacks_to_too_much_is_refused(harness: ToolHarness, cluster: Cluster) -> None:
    await _store_release(cluster, "bomb", {"name": "bomb", "namespace": "shop", "config": {"pad": " " * (80 << 20)}})
    assert isinstance((await harness.call("helm_get_values", name="bomb", namespace="shop")).error, ServerError)


async def test_without_permission_to_read_secrets_releases_cannot_be_read(harness: ToolHarness) -> None:
    harness.policy = Policy(rules=(Rule(Action.DENY, kinds=("secrets",)),))
    assert isinstance((await harness.call("helm_list_releases")).error, PolicyDenied)


async def test_names_and_revisions_of_releases_are_suggested(harness: ToolHarness) -> None:
    async def offered(parameter: str, **given: Any) -> list[str]:
        context = ToolContext(harness.environment, ToolCall("helm_get_values", given, Face.TUI))
        return await suggest(context, harness.pipeline.registry.find("helm_get_values"), parameter, given)

    assert await offered("name", namespace="monitoring", name="l") == ["loki"]
    assert await offered("name") == ["grafana", "ingress-nginx", "loki"]
    assert await offered("revision", namespace="monitoring", name="loki") == ["2", "1"]
