"""No reply is larger than its budget, and what was left out says so."""

from collections.abc import Awaitable, Callable

import msgspec

from k8sconsole.tools.budget import DEFAULT_TOKENS, allowed, fit_text, fit_value
from k8sconsole.tools.passage import Passage, Reply


class Shape:
    """The last word: lists and logs fit themselves, with a cursor for the rest; this step guarantees it for everything."""

    async def __call__(self, passage: Passage, proceed: Callable[[Passage], Awaitable[Reply]]) -> Reply:
        reply = await proceed(passage)
        budget = allowed(getattr(passage.input, "max_tokens", DEFAULT_TOKENS))
        data, cut = fit_value(reply.data, budget)
        text = fit_text(reply.text, budget)
        note = (f"cut to {budget} tokens: {cut}; ask with fields or a larger max_tokens",) if cut else ()
        return msgspec.structs.replace(reply, data=data, text=text, warnings=(*reply.warnings, *note))
