"""The one way a call goes, from whichever face. ``Pipeline.steps`` is the order: what refuses comes before what waits, what waits before
what asks, and whatever becomes of a call is in the audit and in the meters."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from functools import partial
from typing import Protocol
from uuid import uuid4

import msgspec

from k8sconsole.errors import ConsoleError, UsageError
from k8sconsole.model.events import Fact
from k8sconsole.model.refs import ClusterName
from k8sconsole.model.tools import ToolCall, ToolOutcome
from k8sconsole.telemetry.meters import Meters, ObservableMetric
from k8sconsole.tools.context import Progress, ToolContext, ToolEnvironment, no_progress
from k8sconsole.tools.pipeline.audit_trail import AuditTrail
from k8sconsole.tools.pipeline.concurrency import Rooms
from k8sconsole.tools.pipeline.invocation import Invocation
from k8sconsole.tools.pipeline.middleware.approve import Approve
from k8sconsole.tools.pipeline.middleware.audit import Audited
from k8sconsole.tools.pipeline.middleware.authorise import Authorise
from k8sconsole.tools.pipeline.middleware.breaker import Breaker
from k8sconsole.tools.pipeline.middleware.cache import Cached
from k8sconsole.tools.pipeline.middleware.concurrency_limit import Limit
from k8sconsole.tools.pipeline.middleware.deadline import Deadline
from k8sconsole.tools.pipeline.middleware.metrics import Measured
from k8sconsole.tools.pipeline.middleware.redact import Redact, masked_lines
from k8sconsole.tools.pipeline.middleware.retry import Retry
from k8sconsole.tools.pipeline.middleware.shape import Shape
from k8sconsole.tools.pipeline.middleware.validate import Validate
from k8sconsole.tools.registry import Registry
from k8sconsole.tools.results import Reply

log = logging.getLogger("k8sconsole.pipeline")

Proceed = Callable[[Invocation], Awaitable[Reply]]


class Step(Protocol):
    async def __call__(self, invocation: Invocation, proceed: Proceed) -> Reply: ...


class Pipeline:
    """Lives on one loop. ``close`` writes what the audit still holds."""

    def __init__(self, registry: Registry, environment: ToolEnvironment) -> None:
        self.registry = registry
        self.environment = environment
        self.trail = AuditTrail(environment.store)
        self.audited = Audited(self.trail, environment.clock, environment.publish)
        self.validate = Validate()
        self.authorise = Authorise()
        self.limit = Limit(environment.limits, environment.clock)
        self.cached = Cached(self.trail, environment.clock)
        self.breaker = Breaker(environment.clock)
        self.meters = Meters(_readings(self.trail, self.cached, self.breaker, self.limit.rooms))
        self.measured = Measured(self.meters, environment.clock)
        self.steps: Sequence[Step] = (
            self.measured,
            self.audited,
            self.validate,
            self.authorise,
            Approve(),
            Deadline(),
            self.limit,
            self.cached,
            Shape(),
            Redact(),
            self.breaker,
            Retry(environment.clock),
        )
        self._way = _chained(self.steps)

    async def call(self, call: ToolCall, progress: Progress = no_progress) -> ToolOutcome:
        """Never raises but for cancellation: what goes wrong is the outcome's ``error``."""
        call = _numbered(call)
        began = self.environment.clock.monotonic()
        try:
            invocation = self._invocation(call, progress)
            reply = await self._way(invocation)
        except ConsoleError as problem:
            return ToolOutcome(call.tool, call.request_id, error=problem, duration_ms=self._since(began))
        except Exception as cause:
            log.exception("a tool failed", extra={"operation": call.tool, "request_id": call.request_id})
            return ToolOutcome(call.tool, call.request_id, error=_internal(call, cause), duration_ms=self._since(began))
        return ToolOutcome(
            invocation.spec.name,
            call.request_id,
            reply.data,
            reply.text,
            reply.freshness,
            reply.page,
            reply.warnings,
            duration_ms=self._since(began),
        )

    async def stream(self, call: ToolCall) -> AsyncIterator[str]:
        """The tool's endless form, line by line, masked. Ends when the source does or the caller closes it; raises ConsoleError."""
        invocation = self._invocation(_numbered(call))
        streamer = invocation.spec.stream
        if streamer is None:
            raise UsageError(f"{invocation.spec.name} cannot be followed", "it answers once", "call it")
        with self.measured.record(invocation), self.audited.record(invocation):
            await self.validate.check(invocation)
            await self.authorise.check(invocation)
            # Closing the outer iterator must close the connection now, not when the collector comes by.
            async with aclosing(streamer(invocation.input, invocation.context)) as source, aclosing(masked_lines(source)) as lines:
                async for line in lines:
                    yield line

    @asynccontextmanager
    async def guarded(self, call: ToolCall) -> AsyncIterator[Invocation]:
        """The fast path: authorises and audits work that the caller does itself with raw data. The invocation has no target."""
        invocation = self._invocation(_numbered(call))
        with self.measured.record(invocation), self.audited.record(invocation):
            await self.authorise.check(invocation)
            yield invocation

    def take(self, fact: Fact) -> None:
        """A listener's part: what was learnt of the clusters elsewhere."""
        self.breaker.take(fact)
        self.cached.take(fact)

    def hurry(self, cluster: ClusterName) -> None:
        """A person waits for this cluster: it is tried again at once where it was left alone."""
        self.breaker.hurry(cluster)

    async def close(self) -> None:
        await self.trail.flush()

    def _invocation(self, call: ToolCall, progress: Progress = no_progress) -> Invocation:
        return Invocation(call, self.registry.find(call.tool), ToolContext(self.environment, call, progress, guard=self.breaker.guard))

    def _since(self, began: float) -> float:
        return (self.environment.clock.monotonic() - began) * 1000


def _numbered(call: ToolCall) -> ToolCall:
    return call if call.request_id else msgspec.structs.replace(call, request_id=uuid4().hex)


def _internal(call: ToolCall, cause: Exception) -> ConsoleError:
    problem = ConsoleError(f"{call.tool} failed", "an error of this program; the log has the details", "k8sconsole --debug")
    problem.__cause__ = cause
    return problem


def _chained(steps: Sequence[Step]) -> Proceed:
    way: Proceed = _run
    for step in reversed(steps):
        way = partial(step, proceed=way)
    return way


async def _run(invocation: Invocation) -> Reply:
    return await invocation.spec.handler(invocation.input, invocation.context)


def _readings(trail: AuditTrail, cached: Cached, breaker: Breaker, rooms: Rooms) -> tuple[ObservableMetric, ...]:
    return (
        ObservableMetric(
            "replies_at_hand", "Questions by whether their reply was still at hand.", lambda: cached.counts, "result", is_counter=True
        ),
        ObservableMetric("replies_kept_bytes", "Replies at hand.", lambda: {"": cached.replies.size}),
        ObservableMetric(
            "breaker_state",
            "Who is left alone for a while: 0 nobody, 1 being tried, 2 left alone.",
            lambda: {name: float(circuit.state) for name, circuit in breaker.circuits.items()},
            "service",
        ),
        ObservableMetric("audit_backlog", "Audit entries that are not in the cache file yet.", lambda: {"": trail.backlog}),
        ObservableMetric("calls_running", "Calls that run now.", lambda: {"": rooms.running}),
        ObservableMetric("calls_waiting", "Calls that wait for room.", lambda: {"": rooms.waiting}),
    )
