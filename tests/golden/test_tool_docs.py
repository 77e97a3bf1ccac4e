"""The manual names every tool and every parameter."""

import re
from pathlib import Path

import pytest

from k8sconsole.mcp_server.install import CLIENTS
from k8sconsole.tools.catalogue import builtin_registry

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("tool", list(builtin_registry()), ids=lambda tool: tool.name)
def test_a_tool_is_in_the_manual_with_all_its_parameters(tool) -> None:  # type: ignore[no-untyped-def]
    text = (DOCS / "tools.md").read_text(encoding="utf-8")
    section = text.partition(f"### `{tool.name}`")[2].partition("### `")[0]
    assert tool.summary in section
    for parameter in (*tool.parameters()[0], *tool.parameters()[1]):
        assert f"| `{parameter}` |" in section


def test_no_summary_names_a_tool_that_does_not_exist() -> None:
    tools = {tool.name: tool.summary for tool in builtin_registry()}
    named = {(name, word) for name, summary in tools.items() for word in re.findall(r"\bk8s_[a-z_]+", summary)}
    assert {(name, word) for name, word in named if word not in tools} == set()


def test_every_client_that_can_be_installed_is_in_the_manual() -> None:
    text = (DOCS / "mcp.md").read_text(encoding="utf-8")
    assert all(f"`{client}`" in text for client in CLIENTS)
