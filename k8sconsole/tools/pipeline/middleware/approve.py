"""Before a change: the server is asked what would happen, and where policy says so, a person whether it shall. No answer means no."""

from collections.abc import Awaitable, Callable

import msgspec

from k8sconsole.errors import ApprovalDenied
from k8sconsole.model.masking import mask_arguments, mask_text
from k8sconsole.model.policy import Action
from k8sconsole.model.tools import Question
from k8sconsole.tools.pipeline.invocation import Invocation
from k8sconsole.tools.results import Proposal, Reply


class Approve:
    async def __call__(self, invocation: Invocation, proceed: Callable[[Invocation], Awaitable[Reply]]) -> Reply:
        if invocation.spec.prepare is not None:
            invocation.proposal = await invocation.spec.prepare(invocation.input, invocation.context)
            invocation.context.proposal = invocation.proposal
        if invocation.decision is not None and invocation.decision.action in (Action.ASK, Action.TYPE_NAME):
            await _ask(invocation, invocation.decision.word)
        return await proceed(invocation)


async def _ask(invocation: Invocation, word: str) -> None:
    question = _question(invocation, word)
    answer = await invocation.context.environment.ask(question)
    if not answer.yes:
        who = answer.by or "nobody"
        raise ApprovalDenied(
            f"{invocation.spec.name} was not approved",
            f"the answer was no ({who})",
            _how_to_allow(),
            {"tool": invocation.spec.name, "by": who},
        )
    if word and answer.word != word:
        raise ApprovalDenied(
            f"{invocation.spec.name} was not approved",
            f"the word typed was not {word!r}",
            f"type {word}",
            {"tool": invocation.spec.name, "confirm_word": word},
        )


def _how_to_allow() -> str:
    return "a policy rule with action: allow, or a client that can ask its user"


def _question(invocation: Invocation, word: str) -> Question:
    proposal = invocation.proposal or Proposal(objects=())
    reason = "" if invocation.decision is None else invocation.decision.reason
    question = Question(
        request_id=invocation.call.request_id,
        title=f"{invocation.spec.title} in {invocation.target.context}",
        tool=invocation.spec.name,
        arguments=mask_arguments(invocation.call.arguments),
        objects=proposal.objects,
        consequences=tuple(map(mask_text, proposal.consequences)),
        dry_run=mask_text(proposal.dry_run),
        undo=proposal.undo,
        reason=reason,
    )
    return msgspec.structs.replace(question, confirm_word=word)
