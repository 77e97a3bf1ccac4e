"""Every kind's table: kubectl's columns, in its order, with its words."""

from typing import Any

import msgspec
import pytest

from k8sconsole.kit.clock import parse_rfc3339
from k8sconsole.model.refs import ApiResource
from k8sconsole.model.resources import BUILTIN, Tier, tier_of
from k8sconsole.model.tables import CellKind, KindTable, PrinterColumn, find_table, format_cell, parse_printer_columns, sort_key
from tests.unit.model.samples import SAMPLES

RESOURCES: dict[str, ApiResource] = {resource.name: resource for resource in BUILTIN}
NOW = parse_rfc3339("2026-11-22T03:00:00Z")


def texts(table: KindTable, obj: dict[str, Any]) -> dict[str, str]:
    cells = table.project(msgspec.json.encode(obj)).cells
    return {column.name: format_cell(column, cell, NOW) for column, cell in zip(table.columns, cells, strict=True)}


@pytest.mark.parametrize(("resource", "obj", "expected"), SAMPLES, ids=[f"{at}-{sample[0]}" for at, sample in enumerate(SAMPLES)])
def test_cells_say_what_kubectl_says(resource: str, obj: dict[str, Any], expected: dict[str, str]) -> None:
    seen = texts(find_table(RESOURCES[resource]), obj)
    assert {column: seen[column].lower() for column in expected} == {column: text.lower() for column, text in expected.items()}


@pytest.mark.parametrize(
    ("resource", "columns"),
    [
        ("pods", "NAME READY STATUS RESTARTS AGE"),
        ("deployments.apps", "NAME READY UP-TO-DATE AVAILABLE AGE"),
        ("services", "NAME TYPE CLUSTER-IP EXTERNAL-IP PORT(S) AGE"),
        ("nodes", "NAME STATUS ROLES AGE VERSION"),
        ("jobs.batch", "NAME STATUS COMPLETIONS DURATION AGE"),
        ("configmaps", "NAME DATA AGE"),
        ("leases.coordination.k8s.io", "NAME HOLDER AGE"),
    ],
)
def test_narrow_tables_have_kubectls_columns_in_its_order(resource: str, columns: str) -> None:
    assert [column.name for column in find_table(RESOURCES[resource]).columns if not column.wide] == columns.split()


@pytest.mark.parametrize("resource", BUILTIN, ids=lambda resource: resource.name)
def test_every_built_in_kind_has_a_table_with_a_name_or_a_message(resource: ApiResource) -> None:
    table = find_table(resource)
    assert table.index("NAME") is not None
    assert len({column.name for column in table.columns}) == len(table.columns)


@pytest.mark.parametrize("resource", BUILTIN, ids=lambda resource: resource.name)
def test_status_and_age_never_give_way(resource: ApiResource) -> None:
    assert all(column.rank == 0 for column in find_table(resource).columns if column.name in ("STATUS", "AGE"))


def test_columns_give_way_owner_first_then_image_node_amounts_and_restarts() -> None:
    ranks = {column.name: column.rank for column in find_table(RESOURCES["pods"]).columns}
    order = ["OWNER", "IMAGE", "NODE", "CPU/R", "RESTARTS", "READY", "STATUS"]
    assert sorted(order, key=lambda name: -ranks[name]) == order


def test_a_table_row_identifies_its_object() -> None:
    obj = SAMPLES[0][1] | {"metadata": {**SAMPLES[0][1]["metadata"], "labels": {"a": "b"}}}
    seen = find_table(RESOURCES["deployments.apps"]).project(msgspec.Raw(msgspec.json.encode(obj)))
    assert (seen.namespace, seen.name, seen.uid, seen.resource_version) == ("shop", "thing", "u-1", "7")
    assert (seen.created_at, seen.labels, seen.owner) == (NOW - 7200, {"a": "b"}, "")


def test_cells_survive_json() -> None:
    for resource, obj, _ in SAMPLES:
        cells = find_table(RESOURCES[resource]).project(msgspec.json.encode(obj)).cells
        assert msgspec.json.decode(msgspec.json.encode(cells)) == list(cells)


def test_a_column_is_found_in_any_spelling() -> None:
    table = find_table(RESOURCES["services"])
    assert table.index("external_ip") == table.index("EXTERNAL-IP") == 3
    assert table.index("colour") is None


WIDGET = ApiResource("example.com", "v1", "Widget", "widgets", True)


def test_an_unknown_kind_shows_name_age_and_its_best_guess_at_a_status() -> None:
    table = find_table(WIDGET)
    ready = {"metadata": {"name": "w"}, "status": {"conditions": [{"type": "Ready", "status": "False"}]}}
    assert texts(table, ready) == {"NAME": "w", "STATUS": "NotReady", "AGE": ""}
    assert texts(table, {"metadata": {"name": "w"}, "status": {"phase": "Synced"}})["STATUS"] == "Synced"
    assert texts(table, {"metadata": {"name": "w", "deletionTimestamp": "2026-11-22T03:00:00Z"}})["STATUS"] == "Terminating"


def test_a_custom_kind_shows_the_columns_its_author_asked_for() -> None:
    asked = [
        {"name": "Ready", "type": "string", "jsonPath": '.status.conditions[?(@.type=="Ready")].status'},
        {"name": "Size", "type": "integer", "jsonPath": ".spec.size"},
        {"name": "Hosts", "type": "string", "jsonPath": ".spec.hosts[*].name"},
        {"name": "Since", "type": "date", "jsonPath": ".status.since"},
        {"name": "Dotted", "type": "string", "jsonPath": r".metadata.labels.a\.b/c", "priority": 1},
        {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"},
        {"name": 3},
    ]
    crd = {"spec": {"versions": [{"name": "v2"}, {"name": "v1", "additionalPrinterColumns": asked}]}}
    table = find_table(WIDGET, parse_printer_columns(crd, "v1"))
    widget = {
        "metadata": {"name": "w", "labels": {"a.b/c": "x"}, "creationTimestamp": "2026-11-22T01:00:00Z"},
        "spec": {"size": 3, "hosts": [{"name": "a"}, {"name": "b"}]},
        "status": {"since": "2026-11-22T02:59:00Z", "conditions": [{"type": "Ready", "status": "True"}]},
    }
    assert texts(table, widget) == {"NAME": "w", "READY": "True", "SIZE": "3", "HOSTS": "a", "SINCE": "1m", "DOTTED": "x", "AGE": "2h"}
    assert [column.name for column in table.columns if column.wide] == ["DOTTED"]
    assert parse_printer_columns(crd, "v2") == parse_printer_columns({}, "v1") == ()


def test_a_printer_column_that_cannot_be_read_is_empty() -> None:
    table = find_table(WIDGET, (PrinterColumn("Odd", "string", ".spec[1:2]..x"),))
    assert texts(table, {"metadata": {"name": "w"}, "spec": {}})["ODD"] == ""


def test_events_of_both_groups_tell_the_same() -> None:
    new = {
        "metadata": {"name": "e"},
        "regarding": {"kind": "Pod", "name": "web-1"},
        "note": "hello",
        "type": "Normal",
        "reason": "Pulled",
        "eventTime": "2026-11-22T02:59:00.000001Z",
        "reportingController": "kubelet",
        "deprecatedCount": 2,
    }
    seen = texts(find_table(RESOURCES["events.events.k8s.io"]), new)
    assert (seen["LAST SEEN"], seen["OBJECT"], seen["MESSAGE"], seen["SOURCE"], seen["COUNT"]) == (
        "59s",
        "pod/web-1",
        "hello",
        "kubelet",
        "2",
    )


def test_cells_of_one_column_sort_whatever_they_hold() -> None:
    pods = find_table(RESOURCES["pods"])
    for column in pods.columns:
        mixed = [None, "", "x", "A", 3, 2.5, True, [1, 2], [0, None], [], {"a": 1}]
        assert len(sorted(mixed, key=lambda cell, column=column: sort_key(column, cell))) == len(mixed)  # type: ignore[misc]


def test_sorting_follows_the_meaning_of_a_column() -> None:
    columns = {column.kind: column for resource in BUILTIN for column in find_table(resource).columns}
    for kind, cells in {
        CellKind.TIME: [NOW, NOW - 60, None],
        CellKind.READY: [[0, 3], [1, 2], [1, 1], None],
        CellKind.RESTARTS: [[0, None], [3, NOW - 9], [3, NOW], [14, None], None],
        CellKind.NAME: ["a", "B", "c", None],
        CellKind.NUMBER: [2, 10, None],
    }.items():
        backwards = list(reversed(cells))
        assert sorted(backwards, key=lambda cell, kind=kind: sort_key(columns[kind], cell)) == cells  # type: ignore[misc]


def test_text_of_a_cell_is_one_line_without_control_characters() -> None:
    table = find_table(RESOURCES["events"])
    column = table.columns[table.index("MESSAGE") or 0]
    assert format_cell(column, "two\nlines \x1b[31mred\u202e", NOW) == "two lines \ufffd[31mred\ufffd"


def test_kinds_are_read_in_the_tiers_of_the_cache() -> None:
    assert {name for name in RESOURCES if tier_of(name) is Tier.STATIC} == {
        "nodes",
        "namespaces",
        "resourcequotas",
        "storageclasses.storage.k8s.io",
        "persistentvolumes",
    }
    assert all(
        tier_of(name) is Tier.DYNAMIC
        for name in ("pods", "deployments.apps", "replicasets.apps", "services", "endpoints", "secrets", "events")
    )
    assert tier_of("widgets.example.com") is Tier.OTHER


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("po", "pods"),
        ("deploy", "deployments.apps"),
        ("Deployment", "deployments.apps"),
        ("svc", "services"),
        ("netpol", "networkpolicies.networking.k8s.io"),
        ("sc", "storageclasses.storage.k8s.io"),
        ("jobs.batch", "jobs.batch"),
    ],
)
def test_built_in_kinds_answer_to_kubectls_short_names(word: str, name: str) -> None:
    assert [resource.name for resource in BUILTIN if resource.answers_to(word)] == [name]
