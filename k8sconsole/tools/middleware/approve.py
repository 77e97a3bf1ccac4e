"""Before a change: the server is asked what would happen, and where policy says so, a person whether it shall. No answer means no."""

from collections.abc import Awaitable, Callable

import msgspec

from k8sconsole.errors import ApprovalDenied
from k8sconsole.model.masking import mask_arguments, mask_text
from k8sconsole.model.policy import Action
from k8sconsole.model.tools import Question
from k8sconsole.tools.passage import Passage, Proposal, Reply


class Approve:
    async def __call__(self, passage: Passage, proceed: Callable[[Passage], Awaitable[Reply]]) -> Reply:
        if passage.spec.prepare is not None:
            passage.proposal = await passage.spec.prepare(passage.input, passage.context)
            passage.context.proposal = passage.proposal
        if passage.decision is not None and passage.decision.action in (Action.ASK, Action.TYPE_NAME):
            await _ask(passage, passage.decision.word)
        return await proceed(passage)


async def _ask(passage: Passage, word: str) -> None:
    question = _question(passage, word)
    answer = await passage.context.around.ask(question)
    if not answer.yes:
        who = answer.by or "nobody"
        raise ApprovalDenied(
            f"{passage.spec.name} was not approved", f"the answer was no ({who})", _how_to_allow(), {"tool": passage.spec.name, "by": who}
        )
    if word and answer.word != word:
        raise ApprovalDenied(
            f"{passage.spec.name} was not approved",
            f"the word typed was not {word!r}",
            f"type {word}",
            {"tool": passage.spec.name, "confirm_word": word},
        )


def _how_to_allow() -> str:
    return "a policy rule with action: allow, or a client that can ask its user"


def _question(passage: Passage, word: str) -> Question:
    proposal = passage.proposal or Proposal(objects=())
    reason = "" if passage.decision is None else passage.decision.reason
    question = Question(
        request_id=passage.call.request_id,
        title=f"{passage.spec.title} in {passage.target.context}",
        tool=passage.spec.name,
        arguments=mask_arguments(passage.call.arguments),
        objects=proposal.objects,
        consequences=tuple(map(mask_text, proposal.consequences)),
        dry_run=mask_text(proposal.dry_run),
        undo=proposal.undo,
        reason=reason,
    )
    return msgspec.structs.replace(question, confirm_word=word)
