"""Nothing that looks like a credential leaves, whichever tool answered: masking sits on the data, not on the tools' names."""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable

import msgspec

from k8sconsole.kit.masks import length_class
from k8sconsole.model.masking import mask_reply, mask_text
from k8sconsole.tools.pipeline.invocation import Invocation
from k8sconsole.tools.results import Reply


class Redact:
    async def __call__(self, invocation: Invocation, proceed: Callable[[Invocation], Awaitable[Reply]]) -> Reply:
        reply = await proceed(invocation)
        return msgspec.structs.replace(
            reply, data=mask_reply(reply.data), text=mask_text(reply.text), warnings=tuple(map(mask_text, reply.warnings))
        )


async def masked_lines(lines: AsyncIterator[str]) -> AsyncGenerator[str, None]:
    """Line by line as they come; a private key that is spread over lines is masked from its first to its last."""
    within_key = False
    async for line in lines:
        begins, ends = "PRIVATE KEY" in line and "-----BEGIN" in line, "-----END" in line
        if within_key:
            yield length_class(len(line))
            within_key = not ends
            continue
        within_key = begins and not ends
        yield mask_text(line)
