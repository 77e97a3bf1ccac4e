"""Whatever an API server or an old cache hands over: a table gives a line, a description gives sections, and nothing raises."""

import copy
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sconsole.kit.clock import parse_rfc3339
from k8sconsole.model.describe import describe
from k8sconsole.model.filters import RowSubject, matches, parse_filter
from k8sconsole.model.objects import Row
from k8sconsole.model.refs import ApiResource, ClusterName
from k8sconsole.model.resources import BUILTIN
from k8sconsole.model.tables import find_table, format_cell, grade_row, sort_key
from tests.unit.model.samples import SAMPLES
from tests.unit.model.test_pod_status import STATUSES

NOW = parse_rfc3339("2026-11-22T03:00:00Z")
RESOURCES = {resource.name: resource for resource in BUILTIN}
KINDS = [*BUILTIN, ApiResource("example.com", "v1", "Widget", "widgets", True)]
OBJECTS = [(name, obj) for name, obj, _ in SAMPLES] + [("pods", obj) for _, _, obj in STATUSES]
FILTERS = [
    parse_filter(text)
    for text in (
        "x",
        "/x/",
        "status!=Running",
        "ready<1",
        "restarts>3 age<2h",
        "owner=x image=x*",
        "cpu.request>1",
        "spec.containers[*].image~x",
        "phase=x",
    )
]

_keys = st.sampled_from(
    (
        "metadata",
        "spec",
        "status",
        "name",
        "labels",
        "containers",
        "conditions",
        "type",
        "replicas",
        "phase",
        "ports",
        "ingress",
        "data",
        "state",
    )
)
_scalars = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8)
_times = st.sampled_from(["2026-11-22T01:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "yesterday", "2026-13-01T00:00:00Z"])
_json: st.SearchStrategy[Any] = st.recursive(
    _scalars | _times,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_keys | st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


def show(resource: ApiResource, raw: bytes) -> None:
    """Everything a face may do with an object."""
    table = find_table(resource)
    seen = table.project(raw)
    row = Row(
        ClusterName("c"),
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
    assert len(seen.cells) == len(table.columns)
    for column, cell in zip(table.columns, seen.cells, strict=True):
        assert isinstance(format_cell(column, cell, NOW), str)
        assert sort_key(column, cell) == sort_key(column, cell)
    grade_row(table, seen.cells)
    body = msgspec.json.decode(raw)
    subject = RowSubject(row, table, load=lambda row: body if isinstance(body, dict) else None)
    for each in FILTERS:
        matches(each, subject, NOW)
    for section in describe(resource, body, [body], NOW):
        assert all(isinstance(line.text, str) and isinstance(line.label, str) for line in section.lines)


@given(st.sampled_from(KINDS), _json)
def test_any_json_becomes_a_line_and_a_description(resource: ApiResource, value: Any) -> None:
    show(resource, msgspec.json.encode(value))


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, item in inner for place in _places(item, (*path, key)))]


@given(st.data())
def test_one_odd_field_never_costs_more_than_its_own_cells(data: st.DataObject) -> None:
    name, obj = data.draw(st.sampled_from(OBJECTS))
    odd = copy.deepcopy(obj)
    *path, last = data.draw(st.sampled_from(_places(obj)[1:]))
    holder = odd
    for key in path:
        holder = holder[key]
    holder[last] = data.draw(_scalars | _times | _json)
    show(RESOURCES[name], msgspec.json.encode(odd))
    if path[:1] != ["metadata"] and last != "metadata":
        assert find_table(RESOURCES[name]).project(msgspec.json.encode(odd)).name == obj["metadata"]["name"]


def test_a_malformed_container_does_not_affect_the_others() -> None:
    pods = find_table(RESOURCES["pods"])
    obj = copy.deepcopy(next(obj for word, _, obj in STATUSES if word == "Running"))
    obj["status"]["containerStatuses"].append(
        {"name": 5, "ready": "yes", "restartCount": None, "state": {"running": {"startedAt": "soon"}}}
    )
    obj["spec"]["nodeName"] = {"no": "name"}
    seen = dict(zip((column.name for column in pods.columns), pods.project(msgspec.json.encode(obj)).cells, strict=True))
    assert (seen["READY"], seen["STATUS"], seen["NODE"]) == ([1, 1], "Running", None)


def test_text_that_is_not_json_is_refused() -> None:
    with pytest.raises(msgspec.DecodeError):
        find_table(RESOURCES["pods"]).project(b"{not json")
