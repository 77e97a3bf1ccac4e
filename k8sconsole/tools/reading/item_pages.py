"""Pages of a reply whose items are computed as a whole: as many as fit, and the place where the next page begins."""

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeVar

from k8sconsole.model.tools import Page
from k8sconsole.tools.history.queries import invalid_cursor, parse_offset
from k8sconsole.tools.output.token_budget import take_fitting

T = TypeVar("T")


class ItemPage(NamedTuple):
    """shown: the items of this page. page: for the reply. rest: the line of the text that says how to read on, or nothing."""

    shown: list[Any]
    page: Page
    rest: tuple[str, ...]


def page_items(items: Sequence[T], cursor: str, limit: int, max_tokens: int, beside: Any = ()) -> ItemPage:
    """The page that begins at the cursor: at most ``limit`` items, and as many as fit into max_tokens with ``beside``.

    Raises InvalidParams for a cursor that is no place in a list.
    """
    try:
        start = parse_offset(cursor)
    except ValueError as cause:
        raise invalid_cursor(cursor) from cause
    shown = take_fitting(items[start : start + limit], max_tokens, beside)
    end = start + len(shown)
    following = str(end) if end < len(items) else ""
    rest = (f"… {start + 1} to {end} of {len(items)} shown; the rest: cursor={following}",) if following else ()
    return ItemPage(shown, Page(following or None, len(items)), rest)
