"""A tool of the catalogue, its detail and its result as lines."""

from collections.abc import Sequence
from typing import Any

import msgspec

from k8sconsole.kit.text import format_age
from k8sconsole.model.attached_servers import AttachedServerState, AttachedServerStatus
from k8sconsole.model.cache_records import ToolUsage
from k8sconsole.model.tools import Risk, ToolDescription, ToolOutcome
from k8sconsole.tui.visuals.glyphs import Glyphs
from k8sconsole.tui.widgets.columns import ColumnSpec
from k8sconsole.tui.widgets.paint import Line, Piece, safe

RISK_ROLE = {Risk.READ: "good", Risk.WRITE: "warn", Risk.DESTRUCTIVE: "bad"}
RISK_WORDS = {
    Risk.READ: "reads only", Risk.WRITE: "changes something that can be changed back; asks first",
    Risk.DESTRUCTIVE: "deletes, overwrites or runs code; asks first",
}  # fmt: skip


class CatalogueEntry(msgspec.Struct, frozen=True):
    """What the pane shows of a tool's declaration."""

    name: str
    title: str
    description: str
    toolset: str
    risk: Risk
    input_schema: dict[str, Any]
    server: str = ""

    @property
    def risk_words(self) -> str:
        if not self.server:
            return RISK_WORDS[self.risk]
        return "vouched for as reading" if self.risk is Risk.READ else f"only {self.server} knows what it does; asks first"

    @classmethod
    def of(cls, tool: ToolDescription) -> "CatalogueEntry":
        return cls(tool.name, tool.title, tool.description, tool.toolset, tool.risk, tool.input_schema, tool.server)

    def pieces(self, glyphs: Glyphs) -> list[Piece]:
        glyph = {Risk.READ: glyphs.done, Risk.WRITE: glyphs.warn, Risk.DESTRUCTIVE: glyphs.bad}[self.risk]
        return [Piece(self.name), Piece(f"{glyph} {self.risk.value}", RISK_ROLE[self.risk]), Piece(self.toolset, "muted")]


def server_pieces(states: Sequence[AttachedServerStatus], glyphs: Glyphs) -> Line:
    """The attached servers, each with how it is; of one that is lost also why."""
    shown: list[Piece] = []
    for state in states:
        glyph, role = {
            AttachedServerState.READY: (glyphs.good, "good"),
            AttachedServerState.CONNECTING: (glyphs.moving, "warn"),
            AttachedServerState.LOST: (glyphs.lost, "bad"),
        }[state.state]
        held = f" {len(state.held)} held" if state.held else ""
        why = f" lost: {safe(state.detail)[:40]}" if state.state is AttachedServerState.LOST else ""
        shown.append(Piece(f"{glyph} {state.name}{held}{why}  ", "warn" if held and not why else role))
    return tuple(shown)


def tool_columns() -> tuple[ColumnSpec, ...]:
    return (ColumnSpec("TOOL", 20, 36, pinned=True, elide=True), ColumnSpec("RISK", 6, 13, rank=20), ColumnSpec("SET", 4, 10, rank=40))


def detail_lines(tool: CatalogueEntry, usage: ToolUsage | None, now: float) -> list[Line]:
    lines: list[Line] = [(Piece(safe(tool.title), "accent", True), Piece(f"  {tool.toolset}", "muted"))]
    lines += [(Piece(safe(part)),) for part in tool.description.strip().splitlines() if part.strip()]
    lines.append((Piece(f"{tool.risk.value}: ", RISK_ROLE[tool.risk], True), Piece(tool.risk_words, "muted")))
    if usage is None:
        return [*lines, (Piece("never used", "muted"),)]
    failed = f", {usage.error_count} failed" if usage.error_count else ""
    last = format_age(now - usage.last_used_at)
    return [
        *lines,
        (Piece(f"used {usage.usage_count} times{failed}, {usage.avg_response_time:.0f} ms on average, last {last} ago", "muted"),),
    ]


def result_lines(outcome: ToolOutcome, now: float) -> list[str]:
    """How it went and how old it is, then the text the tool gave, or its data as JSON."""
    if outcome.error is not None:
        return [f"failed in {outcome.duration_ms:.0f} ms", str(outcome.error)]
    age = outcome.freshness.age(now) if outcome.freshness else None
    seen = f", {outcome.freshness.source.value}, seen {format_age(age)} ago" if outcome.freshness and age is not None else ""
    head = [f"done in {outcome.duration_ms:.0f} ms{seen}", *(f"warning: {warning}" for warning in outcome.warnings)]
    head += [f"not covered: {part}" for part in (outcome.freshness.missing if outcome.freshness else ())]
    body = outcome.text or msgspec.json.format(msgspec.json.encode(outcome.data), indent=2).decode(errors="replace")
    return [*head, "", *body.splitlines()]
