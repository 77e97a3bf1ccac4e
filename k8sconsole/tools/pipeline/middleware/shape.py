"""No reply is larger than its budget, and what was left out says so."""

from collections.abc import Awaitable, Callable

from k8sconsole.tools.output.reply_size import fit_reply
from k8sconsole.tools.output.token_budget import DEFAULT_TOKENS, allowed
from k8sconsole.tools.pipeline.invocation import Invocation
from k8sconsole.tools.results import Reply

_NARROWER = ("fields", "contains", "filter", "namespace", "kind", "limit", "context")


class Shape:
    """The last word: lists and logs fit themselves, with a cursor for the rest; this step guarantees it for everything."""

    async def __call__(self, invocation: Invocation, proceed: Callable[[Invocation], Awaitable[Reply]]) -> Reply:
        reply = await proceed(invocation)
        return fit_reply(reply, allowed(getattr(invocation.input, "max_tokens", DEFAULT_TOKENS)), _remedy(invocation))


def _remedy(invocation: Invocation) -> str:
    """What this tool offers to ask for less, or for more."""
    known = invocation.spec.parameters()[1]
    ways = [*(f"narrow it with {name}" for name in _NARROWER if name in known)][:1]
    return " or ".join((*ways, *(["raise max_tokens"] if "max_tokens" in known else []))) or "nothing tells the rest"
