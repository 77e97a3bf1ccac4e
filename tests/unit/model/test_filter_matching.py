"""What a filter keeps: every kind of field, decided on rows, and on the object only where the row does not tell."""

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from k8sconsole.kit.clock import parse_rfc3339
from k8sconsole.model.filters import RowSubject, matches, parse_filter
from k8sconsole.model.objects import Row
from k8sconsole.model.refs import ClusterName, ResourceName
from k8sconsole.model.resources import BUILTIN
from k8sconsole.model.tables import find_table
from tests.unit.model.pods import pod, running, waiting
from tests.unit.model.samples import SAMPLES

NOW = parse_rfc3339("2026-11-22T03:00:00Z")
TABLES = {resource.name: find_table(resource) for resource in BUILTIN}

WEB = pod(running(restarts=14, last={"finishedAt": "2026-11-22T02:00:00Z"}), waiting("CrashLoopBackOff", "log"))
WEB["metadata"] |= {
    "name": "checkout-7d9c4b8f5-2kx9p",
    "labels": {"app": "web", "app.kubernetes.io/part-of": "shop", "version": "v1.10", "pod-template-hash": "7d9c4b8f5", "generation": "4"},
    "annotations": {"team": "payments"},
    "ownerReferences": [{"kind": "ReplicaSet", "name": "checkout-7d9c4b8f5", "controller": True}],
}
WEB["spec"]["containers"][0]["resources"] = {"requests": {"cpu": "500m", "memory": "1Gi"}}
WEB["spec"]["priority"] = 1000
WEB["spec"]["hostNetwork"] = True
WEB["spec"]["started"] = "2026-11-22T02:30:00Z"


def subject(obj: dict[str, Any], resource: str = "pods", **how: Any) -> RowSubject:
    table = TABLES[ResourceName(resource)]
    seen = table.project(msgspec.json.encode(obj))
    row = Row(
        ClusterName("demo"),
        table.resource,
        seen.namespace,
        seen.name,
        seen.uid,
        seen.resource_version,
        seen.created_at,
        NOW,
        seen.labels,
        seen.owner,
        seen.cells,
    )
    return RowSubject(row, table, **how)


def keeps(text: str, **how: Any) -> bool:
    return matches(parse_filter(text), subject(WEB, load=lambda row: WEB, **how), NOW)


KEPT = [
    "", "checkout", "CHECKOUT", "shop", "crashloop", "node-1", "/^check.*2kx9p$/", "~7d9c", "!~canary", "-f chk2kx", "!nothing",
    "-l app=web", "-l app in (api,web),!canary", "-l generation>3", "-l app!=api", "-l version notin (v2)",
    "status=CrashLoopBackOff", "status=crashloopbackoff", "status!=Running", "status=Crash*", "status~^Crash", "status!~^Run",
    "status=*Back?ff",
    "restarts>3", "restarts>=14", "restarts=14", "ready<1", "ready=1/2", "ready>=0.5", "ready!=2/2", "!ready=1",
    "age>1h", "age<=2h", "age=2h", "age<2026-11-22T02:00:00Z", "age>-3h",
    "name=checkout-*", "namespace=shop", "ns=shop", "cluster=demo", "node=node-1", "node=n*1",
    "owner=checkout", "owner=Deployment/checkout", "owner=replicaset/*", "owner!=ledger",
    "image=image:1", "image=image:*", "image!=nginx",
    "cpu.request=0.5", "cpu.request>=500m", "memory.request>512Mi", "mem.request=1Gi", "!cpu.limit>0",
    "CPU/R>100m",
    "app=web", "version=v1.10", "app.kubernetes.io/part-of=shop", "label.app=web", "label.app~^w", "annotation.team=payments",
    "label.none!=x",
    "version>v1.9", "phase=Running", "spec.nodeName=node-1", "spec.containers[*].image=image:1", "spec.containers[0].image=image:0",
    "spec.containers[*].resources.requests.cpu>400m", "spec.priority>=1000", "spec.hostNetwork=true", "spec.started<1h",
    "spec.none!=x",
    "metadata.labels['app.kubernetes.io/part-of']=shop",
    '.status.containerStatuses[?(@.name=="log")].state.waiting.reason=CrashLoopBackOff',
    "checkout and (restarts>99 or status!=Running) not nothing",
]  # fmt: skip
DROPPED = [
    "nothing", "!checkout", "~^7d9c", "-f zzz", "-l api", "status=Running", "restarts<3", "ready=1", "ready>=1", "age<1h", "name=check",
    "app=api", "app=WEB", "spec.nodeName=NODE-1", "label.none=x", "none=x", "none>1", "none~x", "cpu.limit>0", "spec.containers[9].image=x",
    "spec.none>1", "phase=Failed", "owner=7d9c4b8f5", "owner=Job/checkout", "reason=Evicted", "checkout restarts>99", "!(checkout or x)",
]  # fmt: skip


@pytest.mark.parametrize("text", KEPT)
def test_a_filter_keeps_what_it_says(text: str) -> None:
    assert keeps(text)


@pytest.mark.parametrize("text", DROPPED)
def test_a_filter_drops_what_it_does_not_say(text: str) -> None:
    assert not keeps(text)


@pytest.mark.parametrize("text", [*KEPT[1:], *DROPPED])
def test_a_negation_keeps_exactly_what_the_filter_drops(text: str) -> None:
    assert keeps(f"!({text})") is not keeps(text)


def test_use_matches_where_metrics_exist_and_otherwise_nothing_does() -> None:
    def metrics(row: Row, resource: str) -> float | None:
        return {"cpu": 640.0, "memory": 2.0**30}[resource]

    assert keeps("cpu>500m memory>=1Gi !mem<1Gi", metrics=metrics)
    assert not keeps("cpu<500m", metrics=metrics)
    assert not keeps("cpu>500m")
    assert not keeps("!cpu>500m")
    assert not keeps("cpu!=500m")


def test_owners_are_matched_up_the_chain_where_it_is_known() -> None:
    def chain(row: Row) -> list[str]:
        return [row.owner, "Deployment/checkout", "Application/shop"]

    assert keeps("owner=shop", chain=chain)
    assert not keeps("owner=shop")


def test_the_object_is_only_loaded_by_a_filter_that_needs_it_and_only_once() -> None:
    asked: list[str] = []

    def load(row: Row) -> Mapping[str, Any]:
        asked.append(row.name)
        return WEB

    assert matches(parse_filter("status!=Running app=web age>1h cpu.request>1m"), subject(WEB, load=load), NOW)
    assert asked == []
    assert matches(parse_filter("spec.nodeName=node-1 phase=Running"), subject(WEB, load=load), NOW)
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("resource", "text"),
    [
        ("deployments.apps", "ready<1 up-to-date=2 image=web:1.4 available<2"),
        ("replicasets.apps", "ready<0.5 desired=3"),
        ("services", "type=ClusterIP external_ip!=1.2.3.4 port(s)~30080"),
        ("jobs.batch", "status=Complete duration<=2m completions=2/2"),
        ("cronjobs.batch", "suspend=false active>=2"),
        ("nodes", "status=Ready roles~control-plane cpu.allocatable>3 memory.allocatable=8Gi"),
        ("persistentvolumes", "capacity>5Gi claim=shop/db storageclass=fast"),
        ("events", "type=Warning reason=BackOff count>3 last_seen<15m"),
        ("horizontalpodautoscalers.autoscaling", "replicas>3 maxpods=9"),
    ],
)
def test_any_column_is_a_field(resource: str, text: str) -> None:
    obj = next(sample[1] for sample in SAMPLES if sample[0] == resource)
    assert matches(parse_filter(text), subject(obj, resource), NOW)
    for term in text.split():
        assert not matches(parse_filter(f"!{term}"), subject(obj, resource), NOW), term
