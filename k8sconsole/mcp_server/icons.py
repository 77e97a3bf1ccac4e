"""Icons for clients that show them. They are data URLs in the list itself; nothing is fetched."""

from urllib.parse import quote

import mcp_types as types

from k8sconsole.model.tools import Risk

_FRAME = "M12 2l8.7 5v10L12 22l-8.7-5V7z"
_OWN = f"{_FRAME}M8 10l3 2.5L8 15m5 0h4"
_BY_RISK = {
    Risk.READ: "M2 12c5-8 15-8 20 0c-5 8-15 8-20 0zM12 9a3 3 0 100 6a3 3 0 000-6z",
    Risk.WRITE: "M4 20l1-5L16 4l4 4L9 19zM14 6l4 4",
    Risk.DESTRUCTIVE: "M12 3l10 18H2zM12 10v5m0 2v1",
}
_QUESTION = "M4 4h16v12H10l-5 4v-4H4zM9 8h6m-6 4h4"
_SHEET = "M6 2h9l4 4v16H6zM9 11h7m-7 4h7"


def server_icons() -> list[types.Icon]:
    """The server's icon."""
    return [_make_icon(_OWN)]


def risk_icons(risk: Risk) -> list[types.Icon]:
    """An eye for reading, a pen for changing, a warning sign for destructive tools."""
    return [_make_icon(_BY_RISK[risk])]


def prompt_icons() -> list[types.Icon]:
    return [_make_icon(_QUESTION)]


def resource_icons() -> list[types.Icon]:
    return [_make_icon(_SHEET)]


def _make_icon(path: str) -> types.Icon:
    """Lines in one grey that is visible on light and dark."""
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="#7a869a" stroke-width="2"'
        f' stroke-linejoin="round"><path d="{path}"/></svg>'
    )
    return types.Icon(src=f"data:image/svg+xml,{quote(svg)}", mime_type="image/svg+xml", sizes=["any"])
