"""The tool list of every face and mode is a promise: a change of it is seen in review. To accept one: GOLDEN_WRITE=1."""

import json
import os
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec
import pytest
from mcp_types import ListToolsResult

from k8sconsole.mcp_server.tool_results import tool_entry
from k8sconsole.model.policy import Policy
from k8sconsole.model.tools import Face
from k8sconsole.tools.registry import builtin_registry
from k8sconsole.tools.spec import ToolSpec

HERE = Path(__file__).parent
MODES = {"default": Policy(), "readonly": Policy(read_only=True, allow_write=True), "allow-write": Policy(allow_write=True)}


def _compare(name: str, found: Any) -> None:
    path = HERE / f"{name}.json"
    text = json.dumps(found, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    if os.environ.get("GOLDEN_WRITE"):
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text


@pytest.mark.parametrize("mode", MODES)
def test_each_face_is_offered_what_it_was_promised(mode: str) -> None:
    registry = builtin_registry()
    found = {face.value: [tool.name for tool in registry.list_tools(face, MODES[mode])] for face in Face}
    _compare(f"tools-{mode}", found)


def test_every_tool_is_described_as_it_was_promised() -> None:
    kept = ("title", "description", "toolset", "risk", "aliases", "annotations", "capabilities", "input_schema")
    _compare("tools", {tool.name: {key: msgspec.to_builtins(getattr(tool.describe(), key)) for key in kept} for tool in builtin_registry()})


@pytest.fixture
def count_tokens(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], int]:
    """Counts in cl100k, whose vocabulary comes with litellm."""
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(Path(str(find_spec("litellm").origin)).parent / "litellm_core_utils" / "tokenizers"))  # type: ignore[union-attr]
    import tiktoken

    encode = tiktoken.get_encoding("cl100k_base").encode
    return lambda text: len(encode(text))


def _listed() -> list[ToolSpec]:
    return list(builtin_registry().list_tools(Face.MCP, Policy()))


def test_what_a_client_is_shown_by_default_costs_a_model_at_most_5000_tokens(count_tokens: Callable[[str], int]) -> None:
    """Names, descriptions and input schemas together."""
    texts = ("\n".join((tool.name, tool.summary, json.dumps(tool.input_schema(), separators=(",", ":")))) for tool in _listed())
    assert sum(map(count_tokens, texts)) <= 5_000


def test_the_list_is_at_most_9000_tokens_on_the_wire(count_tokens: Callable[[str], int]) -> None:
    sent = ListToolsResult(tools=[tool_entry(tool.describe()) for tool in _listed()]).model_dump_json(by_alias=True, exclude_none=True)
    assert count_tokens(sent) <= 9_000


def test_every_parameter_of_every_tool_has_a_description() -> None:
    properties = {tool.name: tool.input_schema()["properties"] for tool in builtin_registry()}
    assert [f"{tool} {name}" for tool, each in properties.items() for name, schema in each.items() if not schema.get("description")] == []


def test_the_list_costs_a_model_little() -> None:
    """180 tokens a tool at most, counted as four characters each: names, descriptions and input schemas together."""
    tools = list(builtin_registry())
    size = sum(len(tool.name) + len(tool.summary) + len(json.dumps(tool.input_schema(), separators=(",", ":"))) for tool in tools)
    assert size / 4 <= 180 * len(tools)
