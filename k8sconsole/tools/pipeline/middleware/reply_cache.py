"""The reply cache: an equal call within a few seconds gets the same reply. It was validated, authorised and counted like any other call."""

from collections import Counter

import msgspec

from k8sconsole.kit.clock import Clock
from k8sconsole.model.events import ClusterState, ConnectionState, ContextsChanged, Fact, ResourcesDiscovered, RowsChanged, ScanCompleted
from k8sconsole.model.freshness import Source
from k8sconsole.model.indicators import REPLY_HIT
from k8sconsole.model.tools import Risk
from k8sconsole.tools.pipeline.audit_trail import AuditTrail
from k8sconsole.tools.pipeline.invocation import Invocation, NextStep
from k8sconsole.tools.pipeline.reply_cache import ReplyCache, ReplyScope
from k8sconsole.tools.results import Reply

_SCANNED = frozenset({ConnectionState.LIVE, ConnectionState.PARTIAL})


class ReplyCacheStep:
    """Caches replies that came from the cache file, and replies of cache-friendly tools of attached servers.

    A reply from the cache file is cached only while facts about changes in its cluster arrive here. A change made through the pipeline
    invalidates all replies, once before it is sent and once when it ends.
    """

    def __init__(self, trail: AuditTrail, clock: Clock) -> None:
        self._trail = trail
        self._clock = clock
        self._states: dict[str, ClusterState] = {}
        self.replies = ReplyCache()
        self.counts: Counter[str] = Counter()

    async def __call__(self, invocation: Invocation, proceed: NextStep) -> Reply:
        if invocation.spec.risk is not Risk.READ:
            return await self._run_change(invocation, proceed)
        scope = self._scope(invocation)
        if scope is None:
            return await proceed(invocation)
        key, generation, started = _cache_key(invocation), self.replies.generation(scope), self._clock.monotonic()
        cached = self.replies.get(key, generation, started)
        self._count("miss" if cached is None else "hit")
        if cached is not None:
            return cached
        reply = await proceed(invocation)
        if _is_cacheable(invocation, reply):
            self.replies.put(key, generation, reply, started)
        return reply

    def handle_fact(self, fact: Fact) -> None:
        """Invalidate the replies that a fact makes stale."""
        match fact:
            case RowsChanged() | ScanCompleted():
                self.replies.invalidate(ReplyScope(fact.cluster, fact.resource))
            case ClusterState():
                self._handle_state(fact)
            case ResourcesDiscovered():
                self.replies.invalidate(ReplyScope(fact.cluster))
            case ContextsChanged():
                self.replies.invalidate()

    def _handle_state(self, state: ClusterState) -> None:
        """The state of a reachable cluster is published every few seconds. Only a different state invalidates."""
        before = self._states.get(state.cluster)
        self._states[state.cluster] = state
        if before is None or (before.connection, before.detail, before.missing) != (state.connection, state.detail, state.missing):
            self.replies.invalidate(ReplyScope(state.cluster))

    async def _run_change(self, invocation: Invocation, proceed: NextStep) -> Reply:
        self.replies.invalidate()
        try:
            return await proceed(invocation)
        finally:
            self.replies.invalidate()

    def _scope(self, invocation: Invocation) -> ReplyScope | None:
        """None if the reply must not be cached."""
        spec, arguments, target = invocation.spec, invocation.input, invocation.target
        if not spec.capabilities.cache_friendly or spec.toolset == "history":
            return None
        if getattr(arguments, "live", False) or getattr(arguments, "as_of", ""):
            return None
        if spec.service:
            return ReplyScope(f"mcp:{spec.service}")
        state = self._states.get(target.context)
        if state is None or state.connection not in _SCANNED:
            return None
        return ReplyScope(target.context, target.resource.name if target.resource is not None and spec.verb == "list" else "")

    def _count(self, result: str) -> None:
        self.counts[result] += 1
        self._trail.record_figure(self._clock.now(), REPLY_HIT, 1.0 if result == "hit" else 0.0)


def _is_cacheable(invocation: Invocation, reply: Reply) -> bool:
    """A reply with warnings is not cached, because the cause may be gone at the next call.

    A live reply is not cached either, because no fact reports when its subject changes.
    """
    return (
        not reply.warnings and not invocation.context.remarks and (bool(invocation.spec.service) or reply.freshness.source is Source.CACHE)
    )


def _cache_key(invocation: Invocation) -> bytes:
    """The tool, its parsed arguments, its target and the policy decision. The caller is not part of the key."""
    target, decision = invocation.target, invocation.decision
    where = target.context, target.cluster, target.resource.name if target.resource is not None else "", target.namespaces
    action = decision.action.value if decision is not None else ""
    arguments = invocation.input
    if hasattr(arguments, "context") and isinstance(arguments, msgspec.Struct):
        arguments = msgspec.structs.replace(arguments, context=str(target.context))
    return msgspec.json.encode((invocation.spec.service, invocation.spec.name, action, where, arguments), order="deterministic")
