"""The tool reference of the manual, as Markdown, from the declarations of the tools."""

from collections.abc import Iterable
from typing import Any

from k8sconsole.tools.spec import ToolSpec

JsonSchema = dict[str, Any]

COMMON_MEANINGS = {
    "as_of": "The state as of a past time",
    "context": "Kubeconfig context; default: the selected one",
    "cursor": "page.next of the last reply to the same call",
    "limit": "Maximum number of items",
    "live": "Read from the cluster, not from the cache",
    "max_tokens": "Size limit of the reply, 200 to 100 000 tokens",
    "since": "Start of the time window: 15m, 2h ago, yesterday 14:00, or a time",
    "timestamps": "Each line with its time",
}
"""Meanings of parameters that many tools share. In the schemas they are shorter, since each word there costs a model tokens."""
_TYPES = {"string": "text", "integer": "number", "number": "number", "boolean": "true/false", "object": "name → text"}


def format_tool_reference(tools: Iterable[ToolSpec]) -> str:
    """One section per tool, in catalogue order."""
    return "\n".join(_format_section(tool) for tool in tools)


def _format_section(tool: ToolSpec) -> str:
    also = f" · also {', '.join(f'`{alias}`' for alias in tool.aliases)}" if tool.aliases else ""
    schema = tool.input_schema()
    needed = schema.get("required", [])
    rows = [_format_row(name, each, name in needed) for name, each in (schema.get("properties") or {}).items()]
    table = ["", "| parameter | type | default | meaning |", "|---|---|---|---|", *rows] if rows else []
    head = f"{tool.title} · toolset `{tool.toolset}` · {tool.risk.value}{also}"
    return "\n".join((f"### `{tool.name}`", "", head, "", tool.summary, *table, ""))


def _format_row(name: str, schema: JsonSchema, needed: bool) -> str:
    default = "required" if needed else _format_default(schema.get("default"))
    return f"| `{name}` | {_format_type(schema)} | {default} | {_escape_cell(_parameter_meaning(name, schema))} |"


def _parameter_meaning(name: str, schema: JsonSchema) -> str:
    if name == "namespace" and "anyOf" in schema:
        return "One, several, or * for all"
    return COMMON_MEANINGS.get(name) or str(schema.get("description", ""))


def _format_default(value: object) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else _escape_cell(str(value))


def _format_type(schema: JsonSchema) -> str:
    if "anyOf" in schema:
        return " or ".join(_format_type(each) for each in schema["anyOf"] if each.get("type") != "null")
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {_format_type(schema.get('items') or {})}"
    return _TYPES.get(str(schema.get("type", "")), "any")


def _escape_cell(text: str) -> str:
    return text.replace("|", "\\|")
