"""Token budgets of replies. A token is estimated as 4 characters of text, or 3.5 of JSON.

A reply is sent in two forms, structured and as text, and both count.
"""

from collections.abc import Callable, Iterable
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta

T = TypeVar("T")
DEFAULT_TOKENS = 4_000
_MIN_TOKENS, _MAX_TOKENS = 200, 100_000
_FRAME_TOKENS = 110
_TEXT_CHARACTERS, _JSON_BYTES = 4.0, 3.5
"""Per token."""
_UNCUT_LENGTH = 64
"""A string of at most this many characters is never cut."""
_USELESS_SHARE = 24
"""Bytes. A value that gets less is dropped with its key."""
MaxTokens = Annotated[int, Meta(description="Reply size", ge=_MIN_TOKENS, le=_MAX_TOKENS)]
"""The parameter ``max_tokens``."""
_encode = msgspec.json.Encoder(enc_hook=str).encode


def clamp_max_tokens(requested: int) -> int:
    """The requested budget, within the limits of the parameter."""
    return min(max(requested, _MIN_TOKENS), _MAX_TOKENS)


def text_tokens(text: str) -> int:
    return int(len(text) / _TEXT_CHARACTERS) + 1


def json_tokens(value: Any) -> int:
    return int(len(_encode(value)) / _JSON_BYTES) + 1


def form_budget(max_tokens: int) -> int:
    """The tokens of one of the two forms, without freshness, cursor and warnings."""
    return max(_MIN_TOKENS // 4, (clamp_max_tokens(max_tokens) * 9 // 10 - _FRAME_TOKENS) // 2)


def take_fitting(items: Iterable[T], max_tokens: int, beside: Any = (), line: Callable[[T], str] | None = None) -> list[T]:
    """The first items that fit in both forms; at least one, so that a cursor always advances.

    beside: other data in the same reply. line: formats an item as text; without it, the text counts like the JSON.
    """
    room = 2 * (form_budget(max_tokens) - json_tokens(beside))
    kept: list[T] = []
    for item in items:
        size = json_tokens(item)
        room -= size + (size if line is None else text_tokens(line(item)))
        if room < 0 and kept:
            break
        kept.append(item)
    return kept


def fit_text(text: str, budget: int, remedy: str) -> str:
    """The text, cut after a whole line if necessary. The last line then gives the number of missing characters and the remedy."""
    if text_tokens(text) <= budget:
        return text
    most = max(0, int((budget - 1) * _TEXT_CHARACTERS) - 40 - len(remedy))
    kept = text[:most].rsplit("\n", 1)[0]
    return f"{kept}\n… {len(text) - len(kept)} more characters left out; {remedy}"


def fit_value(value: Any, budget: int) -> tuple[Any, str]:
    """(the value with its largest parts cut, the paths of those parts). Each part keeps its type. A value that fits is unchanged."""
    if json_tokens(value) <= budget:
        return value, ""
    left_out: list[str] = []
    fitted = _shrink(value, int(budget * _JSON_BYTES), "", left_out)
    return fitted, left_out[0][:60] + (f" and {len(left_out) - 1} more" if len(left_out) > 1 else "") if left_out else ""


def left_out_warning(shown: int, found: int, remedy: str) -> tuple[str, ...]:
    """The warning for a partial result, as a tuple; empty for a complete one."""
    return (f"{found - shown} of {found} left out; {remedy}",) if shown < found else ()


def _shrink(value: Any, room: int, path: str, left_out: list[str]) -> Any:
    """Cut to about ``room`` bytes of JSON. Small parts are kept; the larger ones share the rest equally."""
    size = len(_encode(value))
    if size <= room:
        return value
    if isinstance(value, str):
        if len(value) <= _UNCUT_LENGTH:
            return value
        left_out.append(path)
        return f"{value[: max(0, room - 60)]}… [{len(value)} characters in all]"
    if isinstance(value, list):
        return _shrink_list(value, room, path, left_out)
    return _shrink_dict(value, room, path, left_out) if isinstance(value, dict) else value


def _shrink_list(items: list[Any], room: int, path: str, left_out: list[str]) -> list[Any]:
    """The first items that fit. A list of strings ends with the number of the rest. A single item is cut itself."""
    if len(items) < 2:
        return items and [_shrink(items[0], room - 4, path, left_out)]
    only_text = all(isinstance(item, str) for item in items)
    kept: list[Any] = []
    used = 40 if only_text else 4
    for item in items:
        used += len(_encode(item)) + 1
        if used > room:
            break
        kept.append(item)
    left_out.append(f"{path} from {len(kept)} of {len(items)}")
    return [*kept, f"[left out: {len(items) - len(kept)} of {len(items)}]"] if only_text else kept


def _shrink_dict(value: dict[str, Any], room: int, path: str, left_out: list[str]) -> dict[str, Any]:
    """Shrink each value. Nested keys, and keys in a table of counts, are dropped if their share is too small."""
    sizes = sorted((len(_encode(item)) + len(key) + 4, key) for key, item in value.items())
    shares: dict[str, int] = {}
    remaining = room - 2
    for index, (size, key) in enumerate(sizes):
        shares[key] = min(size, remaining // (len(sizes) - index))
        remaining -= shares[key]
    is_count_table = bool(path) and all(isinstance(item, int | float) for item in value.values())
    may_drop = is_count_table or "." in path
    dropped = [key for key, item in value.items() if may_drop and shares[key] < min(_USELESS_SHARE, len(_encode(item)) + len(key) + 4)]
    left_out += [f"{path}.{key}" for key in dropped]
    return {
        key: _shrink(item, shares[key] - len(key) - 4, f"{path}.{key}" if path else key, left_out)
        for key, item in value.items()
        if key not in dropped
    }
