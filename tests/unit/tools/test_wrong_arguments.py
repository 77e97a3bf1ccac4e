"""Every tool of the catalogue with every kind of wrong argument: the answer names the parameter, what was given, and what would be right.

A table over the whole registry: a tool that is added is tried with the others, once it has a row in ``tests.tool_harness``.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
import pytest_asyncio

from k8sconsole.model.tools import Answer, ToolOutcome
from k8sconsole.tools.registry import builtin_registry
from k8sconsole.tools.spec import ToolSpec
from tests.tool_harness import ToolHarness, changing_arguments, reading_arguments

pytestmark = pytest.mark.asyncio(loop_scope="module")
REGISTRY = tuple(builtin_registry())
WRONG_TYPE: dict[str, Any] = {"boolean": "perhaps", "integer": "many", "array": {"a": 1}, "object": 7, "string": {"a": 1}}
NOT_THE_FILTER = frozenset({"k8s_list_api_resources", "helm_list_releases"})
"""Tools whose ``filter`` is a part of a name: any text is valid."""
MAKES_IT = frozenset({"k8s_create_deployment", "k8s_run_pod"})
"""Tools whose ``name`` is of an object to create."""
MAY_NOT_EXIST = frozenset({"k8s_check_permission", "k8s_list_events"})
"""RBAC accepts a name that does not exist, and events outlive the object that they are about."""
CASES = {
    "filter": ["restarts>", "(status=Running", "age<soon", "/[/", 'name="unended', "-l app in (", "-l =x", "-l a in (b"],
    "as_of": ["yesterdaz", "25:99", "2099-01-01T00:00:00Z", "2026-13-01", "-5", "-999999999999y", "0001-01-01"],
    "since": ["soon", "-1x", "2099-01-01T00:00:00Z", "-999999999999y"],
    "until": ["soon", "2099-01-01T00:00:00Z"],
    "cursor": ["nonsense", "[1,2]", "at:nonsense", "at:2026-01-01T00:00:00Z/x/y", "live:x", "{}"],
    "sql": [
        "SELEC 1",
        "SELECT nothing FROM pods",
        "SELECT * FROM podz",
        "SELECT 1; SELECT 2",
        "DELETE FROM objects",
        "ATTACH 'x' AS y",
        " ",
    ],
    "fields": [["statsu"], ["spec..nodeName["]],
}


class Row:
    """One call: a tool, its arguments, and what the error must name."""

    def __init__(self, tool: ToolSpec, arguments: dict[str, Any], parameter: str, nearest: str = "") -> None:
        self.tool = tool
        self.arguments = arguments
        self.parameter = parameter
        self.nearest = nearest

    async def complaint(self, harness: ToolHarness) -> str:
        """What is wrong with the reply; empty when it is correct."""
        outcome = await harness.call(self.tool.name, **self.arguments)
        wrong = _complaint(outcome, self)
        return f"{self.tool.name} {self.arguments}: {wrong}" if wrong else ""


def _complaint(outcome: ToolOutcome, row: Row) -> str:
    reply = outcome.structured(0.0)
    if "error" not in reply:
        return "was answered"
    error, details = reply["error"], reply["error"]["details"]
    if error["name"] not in ("InvalidParams", "NotFound", "PermissionDenied") or not isinstance(error["code"], int):
        return f"is {error}"
    if not error["message"]:
        return "says nothing"
    if details.get("parameter") != row.parameter or "given" not in details:
        return f"names not {row.parameter}: {error}"
    if not details.get("nearest") and not details.get("expected"):
        return f"does not say what would be right: {error}"
    return f"{row.nearest} is not among the nearest: {error}" if row.nearest and row.nearest not in details["nearest"] else ""


Arguments = dict[str, dict[str, Any]]


@pytest.fixture
def harness(shared_harness: ToolHarness) -> ToolHarness:
    """One harness for the whole table: a wrong call changes nothing."""
    return shared_harness


@pytest_asyncio.fixture(loop_scope="module")
async def right(harness: ToolHarness) -> AsyncIterator[Arguments]:
    """What each tool may be called with; a wrong call never reaches an approval."""
    harness.answer = lambda question: Answer(True, question.confirm_word, "test")
    pod = (await harness.call("k8s_list_pods", namespace="shop", filter="status=Running", limit=1)).data["items"][0]["name"]
    node = (await harness.call("k8s_list_nodes", limit=1)).data["items"][0]["name"]
    yield {**{tool.name: {} for tool in REGISTRY}, **reading_arguments(pod, "web"), **changing_arguments(pod, "web", node)}
    assert harness.questions == []


async def _tried(harness: ToolHarness, rows: Iterator[Row]) -> None:
    several = list(rows)
    assert several, "the table has no such row"
    found = [complaint for row in several if (complaint := await row.complaint(harness))]
    assert not found, "\n" + "\n".join(found)


def _having(parameter: str, but: frozenset[str] = frozenset()) -> Iterator[ToolSpec]:
    for tool in REGISTRY:
        if parameter in {*tool.parameters()[0], *tool.parameters()[1]} and tool.name not in but:
            yield tool


def _schema(tool: ToolSpec, parameter: str) -> dict[str, Any]:
    found: dict[str, Any] = tool.input_schema()["properties"][parameter]
    return found


async def test_the_table_holds_every_tool_that_needs_arguments(right: Arguments) -> None:
    assert set(right) == {tool.name for tool in REGISTRY}
    assert [tool.name for tool in REGISTRY if not set(tool.parameters()[0]) <= set(right[tool.name])] == []


async def test_an_unknown_parameter_is_named_with_similar_ones(harness: ToolHarness, right: Arguments) -> None:
    def rows() -> Iterator[Row]:
        for tool in REGISTRY:
            known = [name for group in tool.parameters() for name in group]
            slip = f"{known[0]}s" if known else "all"
            yield Row(tool, {**right[tool.name], slip: "x"}, slip, known[0] if known else "")

    await _tried(harness, (row for row in rows() if row.tool.parameters() != ((), ())))
    (without,) = [tool for tool in REGISTRY if tool.parameters() == ((), ())]
    error = (await harness.call(without.name, all="x")).structured(0.0)["error"]
    assert (error["details"]["parameter"], error["details"]["given"], error["details"]["nearest"]) == ("all", "x", [])


async def test_a_missing_parameter_is_named(harness: ToolHarness, right: Arguments) -> None:
    await _tried(
        harness,
        (
            Row(tool, {key: value for key, value in right[tool.name].items() if key != parameter}, parameter)
            for tool in REGISTRY
            for parameter in tool.parameters()[0]
        ),
    )


async def test_a_value_of_a_wrong_type_is_named_with_the_right_type(harness: ToolHarness, right: Arguments) -> None:
    def rows() -> Iterator[Row]:
        for tool in REGISTRY:
            for parameter, schema in tool.input_schema()["properties"].items():
                types = {one.get("type") for one in schema.get("anyOf", [schema])}
                wrong = 7 if types >= {"object", "string"} else WRONG_TYPE["object" if "object" in types else _first(types, schema)]
                yield Row(tool, {**right[tool.name], parameter: wrong}, parameter)

    await _tried(harness, rows())


def _first(types: set[str], schema: dict[str, Any]) -> str:
    return "string" if "enum" in schema or "string" in types else str(next(iter(types)))


async def test_a_value_outside_an_enumeration_is_an_error_with_the_valid_values(harness: ToolHarness, right: Arguments) -> None:
    def rows() -> Iterator[Row]:
        for tool in REGISTRY:
            for parameter, schema in tool.input_schema()["properties"].items():
                if "enum" in schema:
                    yield Row(tool, {**right[tool.name], parameter: f"{schema['enum'][0]}x"}, parameter, schema["enum"][0])

    await _tried(harness, rows())


async def test_a_number_out_of_range_is_an_error_with_the_range(harness: ToolHarness, right: Arguments) -> None:
    def rows() -> Iterator[tuple[Row, int]]:
        for tool in REGISTRY:
            for parameter, schema in tool.input_schema()["properties"].items():
                for bound, beyond in (("minimum", -1), ("maximum", 1)):
                    if bound in schema:
                        given = {**right[tool.name], parameter: schema[bound] + beyond}
                        yield Row(tool, given, parameter), schema[bound]

    table = list(rows())
    await _tried(harness, (row for row, _ in table))
    assert {row.parameter for row, _ in table} >= {"limit", "max_tokens", "tail", "replicas", "revision", "timeout_seconds", "port"}
    for row, bound in table:
        error = (await harness.call(row.tool.name, **row.arguments)).structured(0.0)["error"]
        assert str(bound) in str(error["details"]["expected"]), (row.tool.name, row.arguments, error)


async def test_every_limit_and_every_budget_has_a_range() -> None:
    ranged = [(tool.name, name) for name in ("limit", "max_tokens") for tool in _having(name)]
    assert ranged
    assert [one for one in ranged if not {"minimum", "maximum"} <= set(_schema(*_found(one)))] == []


def _found(one: tuple[str, str]) -> tuple[ToolSpec, str]:
    return next(tool for tool in REGISTRY if tool.name == one[0]), one[1]


@pytest.mark.parametrize(
    ("parameter", "slip", "wanted"),
    [("namespace", lambda known: "shpo", "shop"), ("context", lambda known: known[:-1] + "z", "")],
)
async def test_an_unknown_context_or_namespace_is_an_error_with_similar_ones(
    harness: ToolHarness, right: Arguments, parameter: str, slip: Callable[[str], str], wanted: str
) -> None:
    selected = str(harness.environment.selected()[0])
    given = slip(selected)
    await _tried(
        harness,
        (
            Row(tool, {**_without_place(right[tool.name]), parameter: given}, parameter, wanted or selected)
            for tool in _having(parameter, frozenset({"k8s_undo_change"}))
        ),
    )


def _without_place(arguments: dict[str, Any]) -> dict[str, Any]:
    """A manifest that names no namespace of its own."""
    manifest = arguments.get("manifest")
    if manifest is None:
        return arguments
    return {**arguments, "manifest": {**manifest, "metadata": {"name": manifest["metadata"]["name"]}}}


async def test_an_unknown_namespace_among_several_is_named(harness: ToolHarness, right: Arguments) -> None:
    several = [tool for tool in _having("namespace") if "anyOf" in _schema(tool, "namespace")]
    assert len(several) >= 6
    await _tried(harness, (Row(tool, {**right[tool.name], "namespace": ["shop", "paymenst"]}, "namespace", "payments") for tool in several))


async def test_an_unknown_kind_is_an_error_with_similar_ones(harness: ToolHarness, right: Arguments) -> None:
    await _tried(harness, (Row(tool, {**right[tool.name], "kind": "servicez"}, "kind", "services") for tool in _having("kind")))
    await _tried(harness, (Row(tool, {**right[tool.name], "kinds": ["servicez"]}, "kinds", "services") for tool in _having("kinds")))
    made = {"apiVersion": "v1", "kind": "ConfigMop", "metadata": {"name": "x", "namespace": "shop"}}
    await _tried(harness, (Row(tool, {"manifest": made}, "manifest") for tool in _having("manifest")))
    await _tried(harness, (Row(tool, {"about": "servicez/web"}, "about", "services") for tool in _having("about")))


async def test_an_unknown_name_is_an_error_with_similar_ones(harness: ToolHarness, right: Arguments) -> None:
    def rows() -> Iterator[Row]:
        for tool in _having("name", MAKES_IT | MAY_NOT_EXIST):
            given = right[tool.name] or {"name": "web"}
            name = given.get("name", "web")
            yield Row(tool, {**given, "name": f"{name}{name[-1]}"}, "name", name)

    await _tried(harness, rows())


async def test_an_unknown_owner_is_an_error_and_not_an_empty_list(harness: ToolHarness, right: Arguments) -> None:
    await _tried(harness, (Row(tool, {**right[tool.name], "owner": "Deployment/no-such"}, "owner") for tool in _having("owner")))


@pytest.mark.parametrize("parameter", CASES)
async def test_an_unparsable_value_is_named_with_the_expected_form(harness: ToolHarness, right: Arguments, parameter: str) -> None:
    def rows() -> Iterator[Row]:
        for tool in _having(parameter, NOT_THE_FILTER if parameter == "filter" else frozenset()):
            for broken in CASES[parameter]:
                if parameter == "since" and tool.name == "k8s_get_pod_logs" and broken != "soon":
                    continue  # a duration there, not a moment
                if broken == ["statsu"] and "name" in right[tool.name]:
                    continue  # of one object every word is a path
                given = {**right[tool.name], **({"since": "-1h"} if parameter == "until" else {}), parameter: broken}
                yield Row(tool, given, parameter)

    await _tried(harness, rows())


async def test_an_invalid_cursor_or_filter_is_found_whichever_source_answers(harness: ToolHarness, right: Arguments) -> None:
    """The cache, the cluster and history each read cursors and filters for themselves."""
    lists = [tool for tool in _having("cursor") if "as_of" in tool.parameters()[1]]
    await _tried(harness, (Row(tool, {**right[tool.name], "live": True, "cursor": "nonsense"}, "cursor") for tool in lists))
    await _tried(harness, (Row(tool, {**right[tool.name], "live": True, "filter": "a>"}, "filter") for tool in lists))
    await _tried(harness, (Row(tool, {**right[tool.name], "as_of": "-1s", "cursor": "nonsense"}, "cursor") for tool in lists))
    await _tried(harness, (Row(tool, {**right[tool.name], "as_of": "-1s", "filter": "a>"}, "filter") for tool in lists))
