"""An answer as a client gets it, within its budget: structured content and text, both of which are sent, with their age and warnings."""

import msgspec

from k8sconsole.tools.output.token_budget import fit_text, fit_value, json_tokens, text_tokens
from k8sconsole.tools.results import Reply

_TRIES = 12
"""Parts are cut to their shares, which do not always come out, and the sentence on it takes room itself; then the room is made smaller."""
_AGE = "source: history · 1000000s old"
_LEAST = 24
"""Tokens for a form in any case: enough to say that it was cut."""


def reply_tokens(reply: Reply) -> int:
    """What both forms take."""
    return _frame_tokens(reply) + json_tokens(reply.data) + text_tokens(reply.text)


def fit_reply(reply: Reply, budget: int, remedy: str) -> Reply:
    """The reply, cut where it is larger, with a warning that names what was cut and the remedy."""
    reply = _fewer_words(reply, budget // 16)
    fitted, room = reply, budget - _frame_tokens(reply)
    for _ in range(_TRIES):
        over = reply_tokens(fitted) - budget
        if over <= 0:
            break
        room -= over if fitted is not reply else 0
        fitted = _cut(reply, room, remedy)
    return fitted


def _cut(reply: Reply, room: int, remedy: str) -> Reply:
    """Both forms to half of the room, or to what the other leaves."""
    data, cut = fit_value(reply.data, max(_LEAST, room // 2, room - text_tokens(reply.text)))
    text = fit_text(reply.text, max(_LEAST, room - json_tokens(data)), remedy)
    note = (f"cut to fit: {cut}; {remedy}",) if cut else ()
    return msgspec.structs.replace(reply, data=data, text=text, warnings=(*reply.warnings, *note))


def _frame_tokens(reply: Reply) -> int:
    """All but the data and the text themselves."""
    envelope = {
        "data": 0,
        "freshness": reply.freshness.to_json(0.0),
        "page": {"next": reply.page.next, "total": reply.page.total},
        "warnings": reply.warnings,
    }
    lines = [*(f"warning: {warning}" for warning in reply.warnings), f"{_AGE} · missing: {'; '.join(reply.freshness.missing)}"]
    return json_tokens(envelope) + text_tokens("\n".join(lines))


def _fewer_words(reply: Reply, most: int) -> Reply:
    """What is missing and what is warned of can be hundreds of sentences, where little may be read."""
    missing, warnings = _first(reply.freshness.missing, most), _first(reply.warnings, most)
    freshness = msgspec.structs.replace(reply.freshness, missing=missing)
    return msgspec.structs.replace(reply, freshness=freshness, warnings=warnings)


def _first(sentences: tuple[str, ...], most: int) -> tuple[str, ...]:
    """As many as take ``most`` tokens, and how many more there are; at least the beginning of one."""
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
