"""The pipeline: the single path of every tool call, from every face.

``Pipeline.steps`` is the order: steps that refuse a call come before steps that wait, and those come before requests to a cluster. The two
outermost steps record every call in the meters and in the audit, however it ends.
"""

import logging
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import aclosing, asynccontextmanager, contextmanager
from functools import partial
from typing import Protocol
from uuid import uuid4

import msgspec

from k8sconsole.errors import ConsoleError, UsageError, refusal_of
from k8sconsole.model.events import Fact
from k8sconsole.model.kind_names import mention_choice
from k8sconsole.model.masking import mask_arguments, mask_text
from k8sconsole.model.refs import ClusterName
from k8sconsole.model.tools import Risk, ToolCall, ToolOutcome
from k8sconsole.telemetry.meters import Meters, ObservableMetric
from k8sconsole.tools.context import Progress, ToolContext, ToolEnvironment, no_progress
from k8sconsole.tools.pipeline.audit_trail import AuditTrail
from k8sconsole.tools.pipeline.concurrency import ConcurrencySlots
from k8sconsole.tools.pipeline.documents import run_documents
from k8sconsole.tools.pipeline.invocation import Invocation, NextStep
from k8sconsole.tools.pipeline.middleware.approve import ApproveStep
from k8sconsole.tools.pipeline.middleware.audit import AuditStep
from k8sconsole.tools.pipeline.middleware.authorise import AdmitStep, AuthoriseStep
from k8sconsole.tools.pipeline.middleware.circuit_breaker import CircuitBreakerStep
from k8sconsole.tools.pipeline.middleware.concurrency_limit import ConcurrencyLimitStep
from k8sconsole.tools.pipeline.middleware.deadline import DeadlineStep
from k8sconsole.tools.pipeline.middleware.metrics import MetricsStep
from k8sconsole.tools.pipeline.middleware.reply_cache import ReplyCacheStep
from k8sconsole.tools.pipeline.middleware.reply_filters import RedactStep, ShapeStep, masked_lines
from k8sconsole.tools.pipeline.middleware.retry import RetryStep
from k8sconsole.tools.pipeline.middleware.validate import ValidateStep
from k8sconsole.tools.registry import Registry
from k8sconsole.tools.results import Reply

log = logging.getLogger("k8sconsole.pipeline")


class Step(Protocol):
    async def __call__(self, invocation: Invocation, proceed: NextStep) -> Reply: ...


class Pipeline:
    """Not thread-safe: use it from one event loop. Close it, so that the last audit entries are written."""

    def __init__(self, registry: Registry, environment: ToolEnvironment) -> None:
        self.registry = registry
        self.environment = environment
        clock = environment.clock
        self.trail = AuditTrail(environment.store)
        self.audit_step = AuditStep(self.trail, clock, environment.publish)
        self.admit_step = AdmitStep()
        self.validate_step = ValidateStep()
        self.authorise_step = AuthoriseStep()
        self.limit_step = ConcurrencyLimitStep(environment.limits, clock)
        self.cache_step = ReplyCacheStep(self.trail, clock)
        self.breaker_step = CircuitBreakerStep(clock)
        self.meters = Meters(_readings(self.trail, self.cache_step, self.breaker_step, self.limit_step.slots))
        self.metrics_step = MetricsStep(self.meters, clock)
        self.steps: Sequence[Step] = (
            self.metrics_step,
            self.audit_step,
            self.admit_step,
            self.validate_step,
            self.authorise_step,
            ApproveStep(),
            DeadlineStep(),
            self.limit_step,
            self.cache_step,
            ShapeStep(),
            RedactStep(),
            self.breaker_step,
            RetryStep(clock),
        )
        self._chain = _build_chain(self.steps)

    async def call(self, call: ToolCall, progress: Progress = no_progress) -> ToolOutcome:
        """Run a call. An error is returned as the outcome's ``error``; only cancellation is raised."""
        call = _with_request_id(call)
        started = self.environment.clock.monotonic()
        try:
            invocation = self._invocation(call, progress)
            with mention_choice(invocation.context.remarks):
                reply = await self._chain(invocation)
        except ConsoleError as problem:
            # The texts were masked when the error was made; an argument that it repeats may be a whole Secret.
            problem.details = mask_arguments(problem.details)
            return ToolOutcome(call.tool, call.request_id, error=problem, duration_ms=self._milliseconds_since(started))
        except Exception as cause:
            log.exception("a tool failed", extra={"operation": call.tool, "request_id": call.request_id})
            return ToolOutcome(
                call.tool, call.request_id, error=_internal_error(call, cause), duration_ms=self._milliseconds_since(started)
            )
        return ToolOutcome(
            invocation.spec.name,
            call.request_id,
            reply.data,
            reply.text,
            reply.freshness,
            reply.page,
            (*invocation.context.remarks, *reply.warnings),
            duration_ms=self._milliseconds_since(started),
        )

    async def stream(self, call: ToolCall) -> AsyncIterator[str]:
        """The tool's output as masked lines, until the source ends or the caller closes the iterator. Raises ConsoleError."""
        invocation = self._invocation(_with_request_id(call))
        streamer = invocation.spec.stream
        if streamer is None:
            raise UsageError(
                f"{invocation.spec.name} cannot be followed", "it has no stream", f"k8sconsole tools call {invocation.spec.name}"
            )
        with self._record(invocation):
            self.admit_step.check(invocation)
            await self.validate_step.check(invocation)
            await self.authorise_step.check(invocation)
            # Closing the outer iterator must close the connection at once, not at the next garbage collection.
            async with aclosing(streamer(invocation.input, invocation.context)) as source, aclosing(masked_lines(source)) as lines:
                async for line in lines:
                    yield line

    @asynccontextmanager
    async def authorised(self, call: ToolCall) -> AsyncIterator[Invocation]:
        """Authorise and record work that the caller does itself inside the block, with raw data. The invocation has no target."""
        invocation = self._invocation(_with_request_id(call))
        with self._record(invocation):
            await self.authorise_step.check(invocation)
            yield invocation

    def handle_fact(self, fact: Fact) -> None:
        """A listener of the bus: facts about clusters close breakers and invalidate cached replies."""
        self.breaker_step.handle_fact(fact)
        self.cache_step.handle_fact(fact)

    def prioritise(self, cluster: ClusterName) -> None:
        """Let the next call to this cluster try at once, although its breaker is open, because a user waits."""
        self.breaker_step.prioritise(cluster)

    async def close(self) -> None:
        await self.trail.flush()

    def _invocation(self, call: ToolCall, progress: Progress = no_progress) -> Invocation:
        async def masked_progress(done: float, total: float | None, message: str) -> None:
            await progress(done, total, mask_text(message))

        spec = self.registry.find(call.tool)
        changes = spec.risk is not Risk.READ
        context = ToolContext(self.environment, call, masked_progress, guard=self.breaker_step.guard, changes=changes)
        return Invocation(call, spec, context)

    @contextmanager
    def _record(self, invocation: Invocation) -> Iterator[None]:
        with self.metrics_step.record(invocation), self.audit_step.record(invocation):
            yield

    def _milliseconds_since(self, started: float) -> float:
        return (self.environment.clock.monotonic() - started) * 1000


def _with_request_id(call: ToolCall) -> ToolCall:
    return call if call.request_id else msgspec.structs.replace(call, request_id=uuid4().hex)


def _internal_error(call: ToolCall, cause: Exception) -> ConsoleError:
    title = f"{call.tool} failed"
    if isinstance(cause, OSError):
        problem: ConsoleError = refusal_of(title, cause)
    else:
        problem = ConsoleError(title, "an internal error; the log has the details", "k8sconsole --debug")
    problem.__cause__ = cause
    return problem


def _build_chain(steps: Sequence[Step]) -> NextStep:
    chain: NextStep = _run_handler
    for step in reversed(steps):
        chain = partial(step, proceed=chain)
    return chain


async def _run_handler(invocation: Invocation) -> Reply:
    if invocation.parts:
        return await run_documents(invocation.parts)
    return await invocation.spec.handler(invocation.input, invocation.context)


def _readings(
    trail: AuditTrail, cache_step: ReplyCacheStep, breaker_step: CircuitBreakerStep, slots: ConcurrencySlots
) -> tuple[ObservableMetric, ...]:
    return (
        ObservableMetric(
            "replies_at_hand", "Calls by result of the reply cache: hit or miss.", lambda: cache_step.counts, "result", is_counter=True
        ),
        ObservableMetric("replies_kept_bytes", "Size of the reply cache in bytes.", lambda: {"": cache_step.replies.size}),
        ObservableMetric(
            "breaker_state",
            "Circuit breaker state: 0 closed, 1 half-open, 2 open.",
            lambda: {name: float(breaker.state) for name, breaker in breaker_step.breakers.items()},
            "service",
        ),
        ObservableMetric("audit_backlog", "Audit entries that are not in the cache file yet.", lambda: {"": trail.backlog}),
        ObservableMetric("calls_running", "Tool calls in progress.", lambda: {"": slots.running}),
        ObservableMetric("calls_waiting", "Tool calls that wait for a slot.", lambda: {"": slots.waiting}),
    )
