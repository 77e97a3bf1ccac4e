"""No reply is larger than its budget, and what was left out says so."""

from collections.abc import Awaitable, Callable

from k8sconsole.tools.budget import DEFAULT_TOKENS, allowed
from k8sconsole.tools.passage import Passage, Reply
from k8sconsole.tools.wire import fit_reply

_NARROWER = ("fields", "contains", "filter", "namespace", "kind", "limit", "context")


class Shape:
    """The last word: lists and logs fit themselves, with a cursor for the rest; this step guarantees it for everything."""

    async def __call__(self, passage: Passage, proceed: Callable[[Passage], Awaitable[Reply]]) -> Reply:
        reply = await proceed(passage)
        return fit_reply(reply, allowed(getattr(passage.input, "max_tokens", DEFAULT_TOKENS)), _remedy(passage))


def _remedy(passage: Passage) -> str:
    """What this tool offers to ask for less, or for more."""
    known = passage.spec.parameters()[1]
    ways = [*(f"narrow it with {name}" for name in _NARROWER if name in known)][:1]
    return " or ".join((*ways, *(["raise max_tokens"] if "max_tokens" in known else []))) or "nothing tells the rest"
