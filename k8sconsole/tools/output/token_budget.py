"""How much an answer may hold. A token is counted as four characters of text; JSON runs a little denser, so it is counted as three and a
half. An answer goes out in both forms, structured and as text, and both count.
"""

from collections.abc import Callable, Iterable
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta

T = TypeVar("T")
DEFAULT_TOKENS = 4_000
_LEAST, _MOST = 200, 100_000
_AROUND = 110
_TEXT, _JSON = 4.0, 3.5
_SHORT = 64
"""Characters that a text may have to be left as it is."""
_SCRAP = 24
"""Bytes of which nothing can be made."""
MaxTokens = Annotated[int, Meta(ge=_LEAST, le=_MOST)]
"""The parameter ``max_tokens``."""
_encode = msgspec.json.Encoder(enc_hook=str).encode


def clamp_max_tokens(asked: int) -> int:
    """What a caller asked for, within reason."""
    return min(max(asked, _LEAST), _MOST)


def text_tokens(text: str) -> int:
    return int(len(text) / _TEXT) + 1


def json_tokens(value: Any) -> int:
    return int(len(_encode(value)) / _JSON) + 1


def form_budget(max_tokens: int) -> int:
    """What one of the two forms may take, less what surrounds it: age, cursor, warnings."""
    return max(_LEAST // 4, (clamp_max_tokens(max_tokens) * 9 // 10 - _AROUND) // 2)


def take_fitting(items: Iterable[T], max_tokens: int, beside: Any = (), line: Callable[[T], str] | None = None) -> list[T]:
    """As many as fit in both forms with what is told beside them; at least one, so that a cursor always moves on. line: an item as text;
    without it, the text of one is counted like its JSON."""
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
    """Whole lines from the beginning, and a last one that says how much is missing, and the remedy."""
    if text_tokens(text) <= budget:
        return text
    most = max(0, int((budget - 1) * _TEXT) - 40 - len(remedy))
    kept = text[:most].rsplit("\n", 1)[0]
    return f"{kept}\n… {len(text) - len(kept)} more characters left out; {remedy}"


def fit_value(value: Any, budget: int) -> tuple[Any, str]:
    """The value with its largest parts cut, each still of its type, and the names of those; nothing is cut in a value that fits."""
    if json_tokens(value) <= budget:
        return value, ""
    left_out: list[str] = []
    fitted = _shrunk(value, int(budget * _JSON), "", left_out)
    return fitted, ", ".join(left_out[:2])[:120] + (f" and {len(left_out) - 2} more" if len(left_out) > 2 else "")


def left_out_warning(shown: int, found: int, remedy: str) -> tuple[str, ...]:
    """A warning where not everything is shown."""
    return (f"{found - shown} of {found} left out; {remedy}",) if shown < found else ()


def _shrunk(value: Any, room: int, path: str, left_out: list[str]) -> Any:
    """At most ``room`` bytes of JSON, as nearly as parts allow: the small parts stay, each larger one gets an equal share of what they
    leave."""
    size = len(_encode(value))
    if size <= room:
        return value
    if isinstance(value, str):
        if len(value) <= _SHORT:
            return value
        left_out.append(path)
        return f"{value[: max(0, room - 60)]}… [{len(value)} characters in all]"
    if isinstance(value, list):
        return _shrunk_list(value, room, path, left_out)
    return _shrunk_dict(value, room, path, left_out) if isinstance(value, dict) else value


def _shrunk_list(items: list[Any], room: int, path: str, left_out: list[str]) -> list[Any]:
    """As many of the first as fit. Words tell among themselves how many more there are; an only item is cut itself."""
    if len(items) < 2:
        return items and [_shrunk(items[0], room - 4, path, left_out)]
    words = all(isinstance(item, str) for item in items)
    kept: list[Any] = []
    used = 40 if words else 4
    for item in items:
        used += len(_encode(item)) + 1
        if used > room:
            break
        kept.append(item)
    left_out.append(f"{path} from {len(kept)} of {len(items)}")
    return [*kept, f"[left out: {len(items) - len(kept)} of {len(items)}]"] if words else kept


def _shrunk_dict(value: dict[str, Any], room: int, path: str, left_out: list[str]) -> dict[str, Any]:
    """What is left with next to nothing goes with its name, deep within an object or in a table of counts."""
    sizes = sorted((len(_encode(item)) + len(key) + 4, key) for key, item in value.items())
    shares: dict[str, int] = {}
    remaining = room - 2
    for place, (size, key) in enumerate(sizes):
        shares[key] = min(size, remaining // (len(sizes) - place))
        remaining -= shares[key]
    counts = bool(path) and all(isinstance(item, int | float) for item in value.values())
    expendable = counts or "." in path
    gone = [key for key, item in value.items() if expendable and shares[key] < min(_SCRAP, len(_encode(item)) + len(key) + 4)]
    left_out += [f"{path}.{key}" for key in gone]
    return {
        key: _shrunk(item, shares[key] - len(key) - 4, f"{path}.{key}" if path else key, left_out)
        for key, item in value.items()
        if key not in gone
    }
