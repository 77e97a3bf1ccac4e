"""The two steps that change every reply: masking of credentials, and cutting to the token budget."""

from collections.abc import AsyncGenerator, AsyncIterator

import msgspec

from k8sconsole.kit.masks import length_class
from k8sconsole.kit.text import strip_ansi
from k8sconsole.model.masking import mask_reply, mask_text
from k8sconsole.tools.output.reply_size import fit_reply
from k8sconsole.tools.output.token_budget import DEFAULT_TOKENS, clamp_max_tokens
from k8sconsole.tools.pipeline.invocation import Invocation, NextStep
from k8sconsole.tools.results import Reply

_NARROWING_PARAMETERS = ("fields", "contains", "filter", "namespace", "kind", "limit", "context")
"""The most effective first."""


class RedactStep:
    """Masks whatever looks like a credential in the reply. It works on the data, whichever tool returned it."""

    async def __call__(self, invocation: Invocation, proceed: NextStep) -> Reply:
        reply = await proceed(invocation)
        return msgspec.structs.replace(
            reply, data=mask_reply(reply.data), text=mask_text(reply.text), warnings=tuple(map(mask_text, reply.warnings))
        )


class ShapeStep:
    """Guarantees the token budget of every reply. Lists and logs fit themselves, with a cursor for the rest, so it rarely cuts those."""

    async def __call__(self, invocation: Invocation, proceed: NextStep) -> Reply:
        reply = await proceed(invocation)
        return fit_reply(reply, clamp_max_tokens(getattr(invocation.input, "max_tokens", DEFAULT_TOKENS)), _size_remedy(invocation))


async def masked_lines(lines: AsyncIterator[str]) -> AsyncGenerator[str, None]:
    """Mask a stream line by line. A private key that spans lines is masked from its first line to its last. A line with a secret loses its
    colours, since one may stand within the secret."""
    within_key = False
    async for line in lines:
        begins, ends = "PRIVATE KEY" in line and "-----BEGIN" in line, "-----END" in line
        if within_key:
            yield length_class(len(line))
            within_key = not ends
            continue
        within_key = begins and not ends
        plain = strip_ansi(line)
        masked = mask_text(plain)
        yield line if masked == plain else masked


def _size_remedy(invocation: Invocation) -> str:
    """How the caller can get a smaller reply or the rest of this one, with the parameters that this tool has."""
    optional = invocation.spec.parameters()[1]
    remedies = [f"narrow it with {name}" for name in _NARROWING_PARAMETERS if name in optional][:1]
    if "max_tokens" in optional:
        remedies.append("raise max_tokens")
    return " or ".join(remedies) or "the rest cannot be returned"
