"""Approval of changes: the server dry-runs the change, then, if policy requires it, a person is asked. No answer means no."""

import msgspec

from k8sconsole.errors import ApprovalDenied
from k8sconsole.model.masking import mask_arguments, mask_text
from k8sconsole.model.policy import Action
from k8sconsole.model.tools import Question
from k8sconsole.tools.pipeline.invocation import Invocation, NextStep
from k8sconsole.tools.results import Proposal, Reply


class ApproveStep:
    """Prepares the proposal of a change and asks for approval. Raises ApprovalDenied."""

    async def __call__(self, invocation: Invocation, proceed: NextStep) -> Reply:
        if invocation.spec.prepare is not None:
            invocation.proposal = await invocation.spec.prepare(invocation.input, invocation.context)
            invocation.context.proposal = invocation.proposal
        if invocation.decision is not None and invocation.decision.action in (Action.ASK, Action.TYPE_NAME):
            await _request_approval(invocation, invocation.decision.word)
        return await proceed(invocation)


async def _request_approval(invocation: Invocation, confirm_word: str) -> None:
    answer = await invocation.context.environment.ask(_question(invocation, confirm_word))
    tool = invocation.spec.name
    title = f"{tool} was not approved"
    if not answer.yes:
        by = answer.by or "no one"
        remedy = "add a policy rule with action: allow, or use a client that can ask its user"
        raise ApprovalDenied(title, f"the answer was no ({by})", remedy, {"tool": tool, "by": by})
    if confirm_word and answer.word != confirm_word:
        details = {"tool": tool, "confirm_word": confirm_word}
        raise ApprovalDenied(title, f"the typed word was not {confirm_word!r}", f"type {confirm_word}", details)


def _question(invocation: Invocation, confirm_word: str) -> Question:
    proposal = invocation.proposal or Proposal(objects=())
    question = Question(
        request_id=invocation.call.request_id,
        title=f"{invocation.spec.title} in {invocation.target.context}",
        tool=invocation.spec.name,
        arguments=mask_arguments(invocation.call.arguments),
        objects=proposal.objects,
        consequences=tuple(map(mask_text, proposal.consequences)),
        dry_run=mask_text(proposal.dry_run),
        undo=proposal.undo,
        reason="" if invocation.decision is None else invocation.decision.reason,
    )
    return msgspec.structs.replace(question, confirm_word=confirm_word)
