"""Events on a bad day: what is wrong is on top, whatever the number of normal events."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from k8sconsole.demo.server import DemoCluster
from k8sconsole.errors import NotFound, UsageError
from k8sconsole.kit.times import parse_time
from k8sconsole.model.objects import Row
from k8sconsole.model.refs import ClusterName, Namespace, ResourceName
from k8sconsole.model.resources import BUILTIN
from k8sconsole.model.tables import KindTable, find_table
from k8sconsole.tools.reading.event_digest import EventDigest, digest_events
from tests.tool_harness import ToolHarness

NOON = parse_time("2026-11-30T12:00:00Z", 0.0)
EVENTS = ResourceName("events")


def _table() -> KindTable:
    return find_table(next(resource for resource in BUILTIN if resource.name == EVENTS))


def _event(minutes: float, kind: str, reason: str, about: str, message: str = "", count: int = 1, namespace: str = "shop") -> Row:
    """minutes: after noon."""
    at = NOON + minutes * 60
    values = {"LAST SEEN": at, "FIRST SEEN": at - 30, "TYPE": kind, "REASON": reason, "OBJECT": about, "MESSAGE": message, "COUNT": count}
    cells = tuple(values.get(column.name) for column in _table().columns)
    name = f"{about.partition('/')[2]}.{minutes}"
    return Row(ClusterName("here"), EVENTS, Namespace(namespace), name, "", "1", at, at, {}, "", cells)


def _digest(*rows: Row, since: float | None = None) -> EventDigest:
    return digest_events(_table(), rows, since)


def test_warnings_come_first_and_the_newest_of_each_type_on_top() -> None:
    rows = (
        _event(1, "Warning", "BackOff", "pod/a"),
        _event(9, "Normal", "Pulled", "pod/b"),
        _event(5, "Warning", "Failed", "pod/c"),
        _event(3, "Normal", "Created", "pod/d"),
    )
    assert [item.reason for item in _digest(*rows).items] == ["Failed", "BackOff", "Pulled", "Created"]


def test_repeats_about_one_object_with_one_reason_are_one_item_with_the_newest_message() -> None:
    (item,) = _digest(
        _event(1, "Warning", "BackOff", "pod/a", "first try", 4), _event(7, "Warning", "BackOff", "pod/a", "last try", 3)
    ).items
    assert (item.count, item.message, item.messages) == (7, "last try", 2)
    assert parse_time(item.last_seen, 0.0) == NOON + 420
    assert parse_time(item.first_seen, 0.0) == NOON + 30


def test_occurrences_are_counted_by_reason_and_warnings_by_object() -> None:
    found = _digest(
        _event(1, "Normal", "Pulled", "pod/a", count=50),
        _event(2, "Warning", "BackOff", "pod/a", count=9),
        _event(3, "Warning", "Failed", "pod/b"),
    )
    assert found.reasons == {"Warning BackOff": 9, "Warning Failed": 1, "Normal Pulled": 50}
    assert next(iter(found.reasons)) == "Warning BackOff"
    assert found.objects == {"shop/pod/a": 9, "shop/pod/b": 1}


def test_the_same_event_in_two_namespaces_is_two_items() -> None:
    rows = (_event(1, "Warning", "BackOff", "pod/a"), _event(1, "Warning", "BackOff", "pod/a", namespace="prod"))
    assert len(_digest(*rows).items) == 2


def test_since_leaves_out_what_last_occurred_before() -> None:
    found = _digest(_event(1, "Warning", "Old", "pod/a"), _event(8, "Warning", "New", "pod/a"), since=NOON + 300)
    assert list(found.reasons) == ["Warning New"]


@pytest.fixture
async def demo() -> AsyncIterator[DemoCluster]:
    async with DemoCluster(scenario="bad-day", still=True, seed=7) as cluster:
        yield cluster


async def _events(harness: ToolHarness, **arguments: Any) -> Any:
    outcome = await harness.call("k8s_list_events", **arguments)
    assert outcome.error is None, outcome.error
    return outcome


async def test_a_bad_day_is_told_by_the_first_rows_and_the_counts(harness: ToolHarness) -> None:
    found = await _events(harness)
    types = [item["type"] for item in found.data["items"]]
    assert types[0] == "Warning"
    assert types == sorted(types, reverse=True), "no normal event before a warning"
    assert any(reason.startswith("Warning ") for reason in found.data["counts"])
    assert found.data["objects"]
    assert "warnings" in found.text.splitlines()[0]
    rest = await _events(harness, limit=2)
    following = await _events(harness, limit=2, cursor=rest.page.next)
    assert [*rest.data["items"], *following.data["items"]] == found.data["items"][:4]


async def test_events_can_be_narrowed_by_kind_name_and_time(harness: ToolHarness) -> None:
    everything = (await _events(harness)).data["items"]
    first = next(item for item in everything if item["object"].startswith("pod/"))
    name = first["object"].partition("/")[2]
    same = (await _events(harness, kind="po", name=name, namespace=first["namespace"])).data["items"]
    assert {item["object"] for item in same} == {first["object"]}
    assert same == (await _events(harness, about=f"pods/{name}", namespace=first["namespace"])).data["items"]
    assert {item["object"].partition("/")[0] for item in (await _events(harness, kind="pods")).data["items"]} == {"pod"}
    newest = max(item["last_seen"] for item in everything)
    assert {item["last_seen"] for item in (await _events(harness, since=newest)).data["items"]} == {newest}


async def test_events_about_an_object_that_does_not_exist_are_an_error_not_an_empty_list(harness: ToolHarness) -> None:
    assert isinstance((await harness.call("k8s_list_events", about="pod/never-was", namespace="shop")).error, NotFound)
    assert isinstance((await harness.call("k8s_list_events", kind="podz")).error, UsageError)
    quiet = await _events(harness, about="namespace/shop")
    assert quiet.data["items"] == []
