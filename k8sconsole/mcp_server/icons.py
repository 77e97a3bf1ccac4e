"""The server's icon, for clients that show one. It travels once, with ``initialize``, as a data URL; lists have no icons."""

from urllib.parse import quote

import mcp_types as types

_HEXAGON = "M12 2l8.7 5v10L12 22l-8.7-5V7zM8 10l3 2.5L8 15m5 0h4"


def server_icons() -> list[types.Icon]:
    """Lines in one grey that is visible on light and dark."""
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="#7a869a" stroke-width="2"'
        f' stroke-linejoin="round"><path d="{_HEXAGON}"/></svg>'
    )
    return [types.Icon(src=f"data:image/svg+xml,{quote(svg)}", mime_type="image/svg+xml", sizes=["any"])]
