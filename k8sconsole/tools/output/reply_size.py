"""The size of a reply as sent, and cutting to a budget. Both forms count, structured content and text, with freshness and warnings."""

import msgspec

from k8sconsole.tools.output.token_budget import fit_text, fit_value, json_tokens, text_tokens
from k8sconsole.tools.results import Reply

_ATTEMPTS = 12
"""Cutting is approximate, and its warning takes space too. If the result is still too large, it is repeated with less room."""
_FRESHNESS_LINE = "source: history · 1000000s old"
_CHECKSUM = 4
_MIN_FORM = 24
"""Minimum tokens of one form: enough to say that it was cut."""


def reply_tokens(reply: Reply) -> int:
    """Tokens of both forms together."""
    return _frame_tokens(reply) + json_tokens(reply.data) + text_tokens(reply.text)


def fit_reply(reply: Reply, budget: int, remedy: str) -> Reply:
    """Cut the reply if it is larger than ``budget`` tokens, and add a warning with the parts that were cut and the remedy."""
    reply = _limit_warnings(reply, budget // 16)
    fitted, room = reply, budget - _frame_tokens(reply)
    for _ in range(_ATTEMPTS):
        over = reply_tokens(fitted) - budget
        if over <= 0:
            break
        room -= over if fitted is not reply else 0
        fitted = _cut_reply(reply, room, remedy)
    return fitted


def _cut_reply(reply: Reply, room: int, remedy: str) -> Reply:
    """Cut each form to half of the room, or to what the other form leaves."""
    data, cut = fit_value(reply.data, max(_MIN_FORM, room // 2, room - text_tokens(reply.text)))
    text = fit_text(reply.text, max(_MIN_FORM, room - json_tokens(data)), remedy)
    note = (f"cut to fit: {cut}; {remedy}",) if cut else ()
    return msgspec.structs.replace(reply, data=data, text=text, warnings=(*reply.warnings, *note))


def _frame_tokens(reply: Reply) -> int:
    """Tokens of everything except the data and the text."""
    envelope = {
        "data": 0,
        "freshness": reply.freshness.to_json(0.0),
        "page": {"next": _as_sent(reply.page.next or ""), "total": reply.page.total},
        "warnings": reply.warnings,
    }
    lines = [*(f"warning: {warning}" for warning in reply.warnings), f"{_FRESHNESS_LINE} · missing: {'; '.join(reply.freshness.missing)}"]
    return json_tokens(envelope) + text_tokens("\n".join(lines))


def _as_sent(place: str) -> str:
    """A text as long as the cursor of this place: base64 with a checksum (``tools.pipeline.cursors``), made after the reply was cut."""
    return "x" * ((len(place) + _CHECKSUM) * 4 // 3 + 1) if place else ""


def _limit_warnings(reply: Reply, most: int) -> Reply:
    """Limit ``missing`` and the warnings to ``most`` tokens each. A user with few permissions can have hundreds."""
    missing, warnings = _take_first(reply.freshness.missing, most), _take_first(reply.warnings, most)
    freshness = msgspec.structs.replace(reply.freshness, missing=missing)
    return msgspec.structs.replace(reply, freshness=freshness, warnings=warnings)


def _take_first(sentences: tuple[str, ...], most: int) -> tuple[str, ...]:
    """The sentences that fit into ``most`` tokens, at least part of one, and the number of the rest."""
    kept: list[str] = []
    room = most
    for sentence in sentences:
        room -= text_tokens(sentence)
        if room < 0:
            break
        kept.append(sentence)
    if len(kept) == len(sentences):
        return sentences
    if not kept:
        kept = [f"{sentences[0][: most * 3]}…"]
    more = len(sentences) - len(kept)
    return (*kept, f"and {more} more") if more else tuple(kept)
