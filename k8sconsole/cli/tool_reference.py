"""The manual's pages of the tools, as Markdown, from what each tool declares."""

from collections.abc import Iterable
from typing import Any

from k8sconsole.tools.spec import ToolSpec

USUAL = {
    "context": "Which cluster; default: the selected one",
    "namespace": "Default: the context's own",
    "live": "Ask the cluster, not the cache",
    "max_tokens": "Budget of the answer, 200 to 100 000",
    "cursor": "page.next of the last answer",
    "as_of": "As it was at a past time",
    "kind": "Any kind or CRD",
    "timestamps": "Each line with its time",
}
"""What parameters mean that many tools have: a schema is read by models, which know, and each word of it costs them."""
_TYPES = {"string": "text", "integer": "number", "number": "number", "boolean": "true/false", "object": "name → text"}


def reference(tools: Iterable[ToolSpec]) -> str:
    """A section for each tool, in their order."""
    return "\n".join(_section(tool) for tool in tools)


def _section(tool: ToolSpec) -> str:
    also = f" · also {', '.join(f'`{alias}`' for alias in tool.aliases)}" if tool.aliases else ""
    schema = tool.input_schema()
    needed = schema.get("required", [])
    rows = [_row(name, each, name in needed) for name, each in (schema.get("properties") or {}).items()]
    table = ["", "| parameter | type | default | meaning |", "|---|---|---|---|", *rows] if rows else []
    head = f"{tool.title} · toolset `{tool.toolset}` · {tool.risk.value}{also}"
    return "\n".join((f"### `{tool.name}`", "", head, "", tool.summary, *table, ""))


def _row(name: str, schema: dict[str, Any], needed: bool) -> str:
    default = "required" if needed else _default(schema.get("default"))
    return f"| `{name}` | {_type(schema)} | {default} | {_cell(_meaning(name, schema))} |"


def _meaning(name: str, schema: dict[str, Any]) -> str:
    said = str(schema.get("description", ""))
    if name == "namespace" and "anyOf" in schema:
        return "One, several, or * for all"
    return USUAL[name] if name in USUAL and (not said or name in ("live", "as_of", "cursor")) else said


def _default(value: Any) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else _cell(str(value))


def _type(schema: dict[str, Any]) -> str:
    if "anyOf" in schema:
        return " or ".join(_type(each) for each in schema["anyOf"] if each.get("type") != "null")
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items') or {})}"
    return _TYPES.get(str(schema.get("type", "")), "any")


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
