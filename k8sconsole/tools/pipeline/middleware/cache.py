"""The same question within a moment is given the same reply. It was asked, judged and counted like any other before it came here."""

from collections import Counter
from collections.abc import Awaitable, Callable

import msgspec

from k8sconsole.kit.clock import Clock
from k8sconsole.model.events import ClusterState, ConnectionState, ContextsChanged, Fact, ResourcesDiscovered, RowsChanged, ScanCompleted
from k8sconsole.model.freshness import Source
from k8sconsole.model.indicators import REPLY_HIT
from k8sconsole.model.tools import Risk
from k8sconsole.tools.pipeline.audit_trail import AuditTrail
from k8sconsole.tools.pipeline.invocation import Invocation
from k8sconsole.tools.pipeline.reply_cache import Replies, Scope
from k8sconsole.tools.results import Reply

_FOLLOWED = frozenset({ConnectionState.LIVE, ConnectionState.PARTIAL})


class Cached:
    """Keeps what the cache file answered of clusters whose changes are told here, and what cache-friendly tools of outside servers did.

    A change made here puts everything out of date, before it is sent and once more when it has ended, however it ended."""

    def __init__(self, trail: AuditTrail, clock: Clock) -> None:
        self._trail = trail
        self._clock = clock
        self._states: dict[str, ClusterState] = {}
        self.replies = Replies()
        self.counts: Counter[str] = Counter()

    async def __call__(self, invocation: Invocation, proceed: Callable[[Invocation], Awaitable[Reply]]) -> Reply:
        if invocation.spec.risk is not Risk.READ:
            return await self._changing(invocation, proceed)
        scope = self._scope(invocation)
        if scope is None:
            return await proceed(invocation)
        key, stamp, began = _key(invocation), self.replies.stamp(scope), self._clock.monotonic()
        found = self.replies.find(key, stamp, began)
        self._count("miss" if found is None else "hit")
        if found is not None:
            return found
        reply = await proceed(invocation)
        if _lasts(invocation, reply):
            self.replies.keep(key, stamp, reply, began)
        return reply

    def take(self, fact: Fact) -> None:
        """A listener's part: what moved is out of date."""
        match fact:
            case RowsChanged() | ScanCompleted():
                self.replies.moved(Scope(fact.cluster, fact.resource))
            case ClusterState():
                self._state(fact)
            case ResourcesDiscovered():
                self.replies.moved(Scope(fact.cluster))
            case ContextsChanged():
                self.replies.moved()

    def _state(self, told: ClusterState) -> None:
        """A cluster that answers is told of every few seconds; only another state than before moves anything."""
        before = self._states.get(told.cluster)
        self._states[told.cluster] = told
        if before is None or (before.connection, before.detail, before.missing) != (told.connection, told.detail, told.missing):
            self.replies.moved(Scope(told.cluster))

    async def _changing(self, invocation: Invocation, proceed: Callable[[Invocation], Awaitable[Reply]]) -> Reply:
        self.replies.moved()
        try:
            return await proceed(invocation)
        finally:
            self.replies.moved()

    def _scope(self, invocation: Invocation) -> Scope | None:
        """None for what is not kept."""
        spec, asked, target = invocation.spec, invocation.input, invocation.target
        if not spec.capabilities.cache_friendly or spec.toolset == "history":
            return None
        if getattr(asked, "live", False) or getattr(asked, "as_of", ""):
            return None
        if spec.service:
            return Scope(f"mcp:{spec.service}")
        state = self._states.get(target.context)
        if state is None or state.connection not in _FOLLOWED:
            return None
        return Scope(target.context, target.resource.name if target.resource is not None and spec.verb == "list" else "")

    def _count(self, word: str) -> None:
        self.counts[word] += 1
        self._trail.figure(self._clock.now(), REPLY_HIT, 1.0 if word == "hit" else 0.0)


def _lasts(invocation: Invocation, reply: Reply) -> bool:
    """A warning may be gone with the next answer; what was read live is asked for again, since nobody would tell that it has moved."""
    return not reply.warnings and (bool(invocation.spec.service) or reply.freshness.source is Source.CACHE)


def _key(invocation: Invocation) -> bytes:
    """Who is asked what, as it was understood, and how policy judged it; not who asks."""
    target, decision = invocation.target, invocation.decision
    where = target.context, target.cluster, target.resource.name if target.resource is not None else "", target.namespaces
    judged = decision.action.value if decision is not None else ""
    meant = invocation.input
    if hasattr(meant, "context") and isinstance(meant, msgspec.Struct):
        meant = msgspec.structs.replace(meant, context=str(target.context))
    return msgspec.json.encode((invocation.spec.service, invocation.spec.name, judged, where, meant), order="deterministic")
