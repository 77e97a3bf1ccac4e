"""A call whose manifest has several documents: each is a call of its own, judged and shown by itself, run in order under one approval."""

from dataclasses import replace

from k8sconsole.errors import ConsoleError, NotFound
from k8sconsole.model.freshness import merge_freshness
from k8sconsole.model.policy import Action
from k8sconsole.tools.changes.create import parse_manifest
from k8sconsole.tools.changes.edits import manifest_yaml
from k8sconsole.tools.pipeline.invocation import Invocation
from k8sconsole.tools.results import Decision, Proposal, Reply

NAMESPACES = "namespaces"
_STRICTNESS = (Action.ALLOW, Action.ASK, Action.TYPE_NAME)


def split_documents(invocation: Invocation, converted: object) -> list[Invocation]:
    """One invocation for each document; none for a call with a single one."""
    split = invocation.spec.split
    inputs = split(converted) if split is not None else []
    if len(inputs) < 2:
        return []
    return [Invocation(invocation.call, invocation.spec, replace(invocation.context, proposal=None), each) for each in inputs]


def created_namespaces(parts: list[Invocation]) -> frozenset[str]:
    """The namespaces that the documents create, which later documents may be in."""
    return frozenset(part.target.name for part in parts if part.target.resource is not None and part.target.resource.name == NAMESPACES)


def strictest(decisions: list[Decision]) -> Decision:
    """What decides about the whole call: the document that needs most."""
    return max(decisions, key=lambda one: _STRICTNESS.index(one.action))


async def prepare_documents(invocation: Invocation) -> Proposal:
    """The proposals of all documents as one, in their order. Raises what the dry run of a document raises, naming the document."""
    created = created_namespaces(invocation.parts)
    proposals = [await _prepare_document(part, place, len(invocation.parts), created) for place, part in enumerate(invocation.parts, 1)]
    headed = [f"# {one.objects[0]}\n{one.dry_run}" for one in proposals]
    return Proposal(
        objects=tuple(label for one in proposals for label in one.objects),
        consequences=tuple(f"{one.objects[0]}: {text}" for one in proposals for text in one.consequences),
        dry_run="\n---\n".join(headed),
        undo="; ".join(one.undo for one in proposals),
        dangers=tuple(f"{one.objects[0]}: {danger}" if len(proposals) > 1 else danger for one in proposals for danger in one.dangers),
    )


async def _prepare_document(part: Invocation, place: int, count: int, created: frozenset[str]) -> Proposal:
    assert part.spec.prepare is not None
    try:
        part.proposal = await part.spec.prepare(part.input, part.context)
    except NotFound:
        if not set(part.target.namespaces) & created:
            raise
        shown = manifest_yaml(parse_manifest(part.input.manifest))
        label = f"{part.input.kind.partition('.')[0]} {part.target.namespaces[0]}/{part.target.name}"
        return Proposal((label,), ("not checked yet: an earlier document creates its namespace",), shown, "delete it")
    except ConsoleError as problem:
        problem.title = f"document {place} of {count}: {problem.title}"
        raise
    part.context.proposal = part.proposal
    return part.proposal


async def run_documents(parts: list[Invocation]) -> Reply:
    """Runs the documents in order. The first that fails ends the call; its error names those that were applied."""
    replies: list[Reply] = []
    for place, part in enumerate(parts, 1):
        try:
            replies.append(await part.spec.handler(part.input, part.context))
        except ConsoleError as problem:
            done = [f"{one.data['kind']} {one.data['name']}" for one in replies]
            problem.title = f"document {place} of {len(parts)}: {problem.title}"
            problem.detail += f"; applied before it: {', '.join(done)}" if done else "; nothing was applied"
            problem.details["applied"] = done
            raise
    first = replies[0].data
    own = {"undo": None, **({"why": "each object has its own undo"} if "why" in first else {})}
    return Reply(
        {**first, **own, "objects": [one.data for one in replies]},
        "\n".join(one.text for one in replies),
        merge_freshness([one.freshness for one in replies]),
        warnings=tuple(warning for one in replies for warning in one.warnings),
    )
