"""Approval of changes: the server dry-runs the change, then, if policy requires it, a person is asked. No answer means no."""

import asyncio

from k8sconsole.errors import ApprovalDenied
from k8sconsole.model.masking import mask_arguments, mask_text
from k8sconsole.model.policy import Action
from k8sconsole.model.question_view import view_question
from k8sconsole.model.tools import Question
from k8sconsole.tools.pipeline.documents import prepare_documents
from k8sconsole.tools.pipeline.invocation import Invocation, NextStep
from k8sconsole.tools.results import Proposal, Reply, Target

_MOST_REFUSED = 4_000
"""Characters of a question that is part of a refusal."""


class ApproveStep:
    """Prepares the proposal of a change and asks for approval. Raises ApprovalDenied."""

    async def __call__(self, invocation: Invocation, proceed: NextStep) -> Reply:
        if invocation.parts:
            invocation.proposal = await prepare_documents(invocation)
        elif invocation.spec.prepare is not None:
            invocation.proposal = await invocation.spec.prepare(invocation.input, invocation.context)
            invocation.context.proposal = invocation.proposal
        if invocation.decision is not None and invocation.decision.action in (Action.ASK, Action.TYPE_NAME):
            await _request_approval(invocation, invocation.decision.word)
        return await proceed(invocation)


async def _request_approval(invocation: Invocation, confirm_word: str) -> None:
    # Masking a change of a megabyte takes a while; the loop serves other calls meanwhile.
    question = await asyncio.to_thread(_question, invocation, confirm_word)
    answer = await invocation.context.environment.ask(question)
    tool = invocation.spec.name
    title = f"{tool} was not approved"
    by = answer.by or "no one"
    if not answer.yes and not answer.asked:
        details = {"tool": tool, "by": by, "question": _describe(question)}
        remedy = "a client that can ask its user, or a policy rule with action: allow"
        raise ApprovalDenied(title, f"no person could be asked: {by}", remedy, details)
    # A person's no is final. Nothing after it says how to get a yes, and it does not name the word to type.
    if not answer.yes:
        raise ApprovalDenied(title, f"the answer was no ({by})", "", {"tool": tool, "by": by})
    if confirm_word and answer.word != confirm_word:
        raise ApprovalDenied(title, f"the answer was no: another word was typed ({by})", "", {"tool": tool, "by": by})


def _question(invocation: Invocation, confirm_word: str) -> Question:
    """Everything in it is masked: it leaves to a dialog, a terminal or a client."""
    proposal = invocation.proposal or Proposal(objects=())
    return Question(
        request_id=invocation.call.request_id,
        title=f"{invocation.spec.title} in {invocation.target.context}",
        tool=invocation.spec.name,
        arguments=mask_arguments(invocation.call.arguments),
        objects=tuple(map(mask_text, proposal.objects)),
        subject=_subject(invocation, proposal),
        dangers=tuple(map(mask_text, proposal.dangers)),
        consequences=tuple(map(mask_text, proposal.consequences)),
        dry_run=mask_text(proposal.dry_run),
        undo=mask_text(proposal.undo),
        confirm_word=confirm_word,
        reason="" if invocation.decision is None else invocation.decision.reason,
    )


def _subject(invocation: Invocation, proposal: Proposal) -> tuple[str, ...]:
    """The kinds with their groups, the namespaces, and the number of objects. Empty for a tool of an attached server."""
    targets = [part.target for part in invocation.parts] or [invocation.target]
    kinds = dict.fromkeys(str(target.resource.name) for target in targets if target.resource is not None)
    if not kinds:
        return ()
    namespaces = dict.fromkeys(_place(target) for target in targets if target.resource is not None)
    count = proposal.count or len(proposal.objects)
    return ", ".join(kinds), ", ".join(namespaces), f"{count:,} object{'' if count == 1 else 's'}"


def _place(target: Target) -> str:
    namespaced = target.resource is not None and target.resource.namespaced
    return f"namespace {', '.join(target.namespaces) or 'all'}" if namespaced else "for the whole cluster"


def _describe(question: Question) -> str:
    """What was not asked, for the refusal."""
    return "\n".join(line.words for line in view_question(question, _MOST_REFUSED).lines)
