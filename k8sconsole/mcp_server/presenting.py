"""A tool and its outcome in MCP's words."""

import mcp_types as types

from k8sconsole.mcp_server import icons
from k8sconsole.mcp_server.console import ToolView
from k8sconsole.model.tools import ToolOutcome


def listed(tool: ToolView) -> types.Tool:
    hints = tool.annotations()
    annotations = types.ToolAnnotations(
        title=tool.title,
        read_only_hint=hints["readOnlyHint"],
        destructive_hint=hints["destructiveHint"],
        idempotent_hint=hints["idempotentHint"],
        open_world_hint=hints["openWorldHint"],
    )
    return types.Tool(
        name=tool.name,
        title=tool.title,
        description=tool.summary,
        input_schema=tool.input_schema(),
        output_schema=tool.output_schema(),
        annotations=annotations,
        icons=icons.of_risk(tool.risk),
    )


def answered(outcome: ToolOutcome, now: float) -> types.CallToolResult:
    """Structured content for programs, text for everyone else. A failure is a tool error, so that a model can read it and mend its call."""
    structured = outcome.structured(now)
    if outcome.error is not None:
        remedy = f" (try: {outcome.error.remedy})" if outcome.error.remedy else ""
        text = f"{structured['error']['name']}: {structured['error']['message']}{remedy}"
        return types.CallToolResult(content=[types.TextContent(type="text", text=text)], structured_content=structured, is_error=True)
    told = types.TextContent(type="text", text=text_of(outcome, now))
    return types.CallToolResult(content=[told], structured_content=structured)


def text_of(outcome: ToolOutcome, now: float, comment: str = "") -> str:
    """The text of an answer; below it, behind ``comment``, its warnings and its age."""
    below = (*(f"warning: {warning}" for warning in outcome.warnings), _age(outcome, now))
    return "\n".join((outcome.text.rstrip("\n"), *(f"{comment}{line}" for line in below)))


def _age(outcome: ToolOutcome, now: float) -> str:
    """The last line of every text: where it comes from, how old it is, what it does not cover."""
    freshness = outcome.freshness
    if freshness is None:
        return "source: unknown"
    age = freshness.age(now)
    seen = "never read" if age is None else f"{age:.0f}s old"
    missing = f" · missing: {'; '.join(freshness.missing)}" if freshness.missing else ""
    return f"source: {freshness.source.value} · {seen}{missing}"
