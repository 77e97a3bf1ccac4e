"""How much an answer may hold. A token is counted as four characters of text; JSON runs a little denser, so it is counted as three and a
half."""

from collections.abc import Iterable
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")
DEFAULT_TOKENS = 4_000
_LEAST, _MOST = 200, 100_000
_TEXT, _JSON = 4.0, 3.5
_encode = msgspec.json.Encoder(enc_hook=str).encode


def allowed(asked: int) -> int:
    """What a caller asked for, within reason."""
    return min(max(asked, _LEAST), _MOST)


def text_tokens(text: str) -> int:
    return int(len(text) / _TEXT) + 1


def json_tokens(value: Any) -> int:
    return int(len(_encode(value)) / _JSON) + 1


def fitting(items: Iterable[T], max_tokens: int, beside: Any = ()) -> list[T]:
    """As many as fit with what is told beside them, less a tenth for what stands around; at least one, so that a cursor always moves on."""
    room = allowed(max_tokens) * 9 // 10 - 60 - json_tokens(beside)
    kept: list[T] = []
    for item in items:
        room -= json_tokens(item)
        if room < 0 and kept:
            break
        kept.append(item)
    return kept


def fit_text(text: str, budget: int) -> str:
    """Whole lines from the beginning, and a last one that says how much is missing."""
    most = int(budget * _TEXT)
    if len(text) <= most:
        return text
    kept = text[: most - 80].rsplit("\n", 1)[0]
    return f"{kept}\n… {len(text) - len(kept)} more characters left out; ask with a larger max_tokens"


def fit_value(value: Any, budget: int) -> tuple[Any, str]:
    """The value with its largest parts replaced by how large they were, and the names of those; nothing is replaced in a value that
    fits."""
    if json_tokens(value) <= budget:
        return value, ""
    left_out: list[str] = []
    fitted = _shrunk(value, int(budget * _JSON), "", left_out)
    return fitted, ", ".join(left_out[:5]) + (f" and {len(left_out) - 5} more" if len(left_out) > 5 else "")


def _shrunk(value: Any, room: int, path: str, left_out: list[str]) -> Any:
    """At most ``room`` bytes of JSON, as nearly as parts allow: the small parts stay, each larger one gets an equal share of what they
    leave."""
    size = len(_encode(value))
    if size <= room:
        return value
    if room < 160 or not isinstance(value, dict | list | str):
        left_out.append(path or "the answer")
        return f"[left out: {size} bytes]"
    if isinstance(value, str):
        left_out.append(path)
        return f"{value[: max(0, room - 60)]}… [{len(value)} characters in all]"
    if isinstance(value, list):
        return _shrunk_list(value, room, path, left_out)
    return _shrunk_dict(value, room, path, left_out)


def _shrunk_list(items: list[Any], room: int, path: str, left_out: list[str]) -> list[Any]:
    kept: list[Any] = []
    used = 60
    for item in items:
        used += len(_encode(item)) + 1
        if used > room:
            break
        kept.append(item)
    left_out.append(f"{path} from {len(kept)} of {len(items)}")
    return [*kept, f"[left out: {len(items) - len(kept)} of {len(items)}]"]


def _shrunk_dict(value: dict[str, Any], room: int, path: str, left_out: list[str]) -> dict[str, Any]:
    sizes = sorted((len(_encode(item)) + len(key) + 4, key) for key, item in value.items())
    shares: dict[str, int] = {}
    remaining = room - 2
    for place, (size, key) in enumerate(sizes):
        shares[key] = min(size, remaining // (len(sizes) - place))
        remaining -= shares[key]
    return {key: _shrunk(item, shares[key] - len(key) - 4, f"{path}.{key}" if path else key, left_out) for key, item in value.items()}
