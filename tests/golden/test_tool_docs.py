"""The manual names every tool and every parameter."""

import os
import re
from pathlib import Path

from k8sconsole.cli.tool_reference import format_tool_reference
from k8sconsole.mcp_server.install import CLIENTS
from k8sconsole.tools.registry import builtin_registry

DOCS = Path(__file__).parents[2] / "docs"


MARK = "## Reference\n\n"


def test_the_manual_s_reference_is_what_the_tools_declare() -> None:
    """To renew the reference: GOLDEN_WRITE=1."""
    path = DOCS / "tools.md"
    words, mark, found = path.read_text(encoding="utf-8").partition(MARK)
    wanted = format_tool_reference(builtin_registry())
    if os.environ.get("GOLDEN_WRITE"):
        path.write_text(words + mark + wanted, encoding="utf-8")
        found = wanted
    assert mark
    assert found == wanted


def test_every_parameter_has_a_type_and_a_meaning() -> None:
    rows = [line for line in format_tool_reference(builtin_registry()).splitlines() if line.startswith("| `")]
    assert [row for row in rows if "| any |" in row or row.endswith("|  |")] == []


def test_no_summary_names_a_tool_that_does_not_exist() -> None:
    tools = {tool.name: tool.summary for tool in builtin_registry()}
    named = {(name, word) for name, summary in tools.items() for word in re.findall(r"\bk8s_[a-z_]+", summary)}
    assert {(name, word) for name, word in named if word not in tools} == set()


def test_every_client_that_can_be_installed_is_in_the_manual() -> None:
    text = (DOCS / "mcp.md").read_text(encoding="utf-8")
    assert all(f"`{client}`" in text for client in CLIENTS)
