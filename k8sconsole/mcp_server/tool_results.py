"""A tool and its outcome as MCP types."""

from typing import Any

import mcp_types as types
import msgspec

from k8sconsole.model.tools import ToolDescription, ToolOutcome


def tool_entry(tool: ToolDescription) -> types.Tool:
    """The tool's entry in ``tools/list``. A client reads the whole list before its first call, so it has no icons, and of the output only
    what a program must know to find its way."""
    hints = tool.annotations
    annotations = types.ToolAnnotations(
        read_only_hint=hints["readOnlyHint"],
        destructive_hint=hints["destructiveHint"],
        idempotent_hint=hints["idempotentHint"],
        open_world_hint=hints["openWorldHint"],
    )
    return types.Tool(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        input_schema=tool.input_schema,
        output_schema=tool.output_schema if tool.server else outline_schema(tool.output_schema),
        annotations=annotations,
    )


def outline_schema(schema: dict[str, Any]) -> dict[str, Any]:
    """The output schema with the fields of ``data`` by type alone; whole it would cost a model more than all else in the list."""
    parts = schema["properties"]
    data = {**_outline(parts["data"]), "properties": {name: _outline(each) for name, each in parts["data"].get("properties", {}).items()}}
    properties = {"data": data, **{name: _outline(each) for name, each in parts.items() if name != "data"}}
    return {"type": "object", "properties": properties, "anyOf": [{"required": ["data", "freshness"]}, {"required": ["error"]}]}


def _outline(schema: dict[str, Any]) -> dict[str, Any]:
    return {"type": schema["type"]} if "type" in schema else {}


def call_result(outcome: ToolOutcome, now: float) -> types.CallToolResult:
    """Structured content for programs, text for people. A failure is a tool error, so that a model can read it and correct its call.

    The last line of an error's text is its structured content as JSON, because many clients show a model the text alone."""
    structured = outcome.structured(now)
    failed = outcome.error is not None
    text = _error_text(outcome, structured) if failed else text_of(outcome, now)
    return types.CallToolResult(content=[types.TextContent(type="text", text=text)], structured_content=structured, is_error=failed)


def _error_text(outcome: ToolOutcome, structured: dict[str, Any]) -> str:
    error = structured["error"]
    remedy = f" (try: {outcome.error.remedy})" if outcome.error is not None and outcome.error.remedy else ""
    return f"{error['name']}: {error['message']}{remedy}\n{msgspec.json.encode(structured).decode()}"


def text_of(outcome: ToolOutcome, now: float, comment: str = "") -> str:
    """The outcome's text, then its warnings and its age, each of these lines prefixed with ``comment``."""
    footer = (*(f"warning: {warning}" for warning in outcome.warnings), _age_line(outcome, now))
    return "\n".join((outcome.text.rstrip("\n"), *(f"{comment}{line}" for line in footer)))


def _age_line(outcome: ToolOutcome, now: float) -> str:
    """The source, the age, and what is not covered."""
    freshness = outcome.freshness
    if freshness is None:
        return "source: unknown"
    age = freshness.age(now)
    seen = "never read" if age is None else f"{age:.0f}s old"
    missing = f" · missing: {'; '.join(freshness.missing)}" if freshness.missing else ""
    return f"source: {freshness.source.value} · {seen}{missing}"
