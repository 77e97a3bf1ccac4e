"""A server that does not answer is not called for a while, then probed; a server that answers is never blocked."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from k8sconsole.demo.server import DemoCluster
from k8sconsole.errors import CredentialsError, DeadlineExceeded, InvalidParams, NotFound, Unavailable, Unreachable
from k8sconsole.kit.clock import FixedClock
from k8sconsole.model.events import ClusterState, ConnectionState
from k8sconsole.model.freshness import Source
from k8sconsole.model.tools import Capabilities, Face, Risk, Scope
from k8sconsole.tools.context import ToolContext
from k8sconsole.tools.pipeline.circuit_breaker import LONGEST_PAUSE, SILENCE_THRESHOLD, CircuitBreaker, CircuitState
from k8sconsole.tools.pipeline.pipeline import Pipeline
from k8sconsole.tools.results import Reply
from k8sconsole.tools.spec import ToolSpec
from tests.probe import Ahead, Asked, Outside, answer, called, with_probe
from tests.tool_harness import ToolHarness

Handler = Callable[[Any, ToolContext], Awaitable[Reply]]


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(1_790_000_000.0)


@pytest.fixture
def circuit(clock: FixedClock) -> CircuitBreaker:
    return CircuitBreaker("prod", clock)


def _fail(circuit: CircuitBreaker, problem: BaseException, until: float = float("inf"), call: str = "") -> None:
    with pytest.raises(type(problem)), circuit.guard_request(call or uuid4().hex, until):
        raise problem


def _opened(circuit: CircuitBreaker) -> CircuitBreaker:
    for _ in range(3):
        _fail(circuit, Unreachable("Cannot list pods", "connection refused"))
    return circuit


def test_three_failures_in_a_row_open_it_and_the_error_names_the_server_and_the_times(circuit: CircuitBreaker) -> None:
    _fail(circuit, Unreachable("x"))
    _fail(circuit, DeadlineExceeded("x"))
    assert circuit.state is CircuitState.CLOSED
    _fail(circuit, Unreachable("Cannot list pods", "connection refused"))
    with pytest.raises(Unavailable, match="prod does not answer") as error, circuit.guard_request("call", 0):
        raise AssertionError("the server was called")
    assert (error.value.code, error.value.details["service"], error.value.details["retry_after_seconds"]) == (-32050, "prod", 2.0)
    assert error.value.details["since"] == "2026-09-21T14:13:20.000Z"
    assert error.value.details["retry_at"] == "2026-09-21T14:13:22.000Z"
    assert "connection refused" in error.value.detail


def test_parallel_requests_of_one_call_count_as_one_failure(circuit: CircuitBreaker) -> None:
    for _ in range(5):
        _fail(circuit, Unreachable("x"), call="the same")
    assert circuit.state is CircuitState.CLOSED


def test_any_answer_resets_the_failure_count_even_a_refusal(circuit: CircuitBreaker) -> None:
    for problem in (Unreachable("x"), Unreachable("x"), NotFound("no pod"), Unreachable("x"), Unreachable("x")):
        _fail(circuit, problem)
    assert circuit.state is CircuitState.CLOSED


def test_after_the_pause_one_trial_call_passes_and_the_others_fail_at_once(circuit: CircuitBreaker, clock: FixedClock) -> None:
    _opened(circuit)
    clock.advance(2)
    with circuit.guard_request("call", 0):
        assert circuit.state is CircuitState.HALF_OPEN
        with pytest.raises(Unavailable, match="another call is probing it now"), circuit.guard_request("another", 0):
            raise AssertionError("the server was called")
        with circuit.guard_request("call", 0):
            """Every request of the trial call passes."""
    assert circuit.state is CircuitState.CLOSED


def test_pauses_grow_to_half_a_minute_and_an_answer_resets_them(circuit: CircuitBreaker, clock: FixedClock) -> None:
    _opened(circuit)
    pauses = []
    for _ in range(6):
        with pytest.raises(Unavailable) as error, circuit.guard_request("call", 0):
            pass
        pauses.append(error.value.details["retry_after_seconds"])
        clock.advance(pauses[-1])
        _fail(circuit, Unreachable("x"))
    assert pauses == [2, 4, 8, 16, LONGEST_PAUSE, LONGEST_PAUSE]
    clock.advance(LONGEST_PAUSE)
    with circuit.guard_request("call", 0):
        pass
    with pytest.raises(Unavailable) as error, _opened(circuit).guard_request("call", 0):
        pass
    assert error.value.details["retry_after_seconds"] == 2


def test_a_timeout_counts_as_a_failure_but_a_cancellation_or_a_wrong_argument_does_not(circuit: CircuitBreaker, clock: FixedClock) -> None:
    for _ in range(5):
        _fail(circuit, asyncio.CancelledError())
        _fail(circuit, InvalidParams("x"))
        _fail(circuit, CredentialsError("x"))
        _fail(circuit, asyncio.CancelledError(), until=clock.monotonic())  # the deadline of the call was shorter than any server needs
    assert circuit.state is CircuitState.CLOSED
    for _ in range(3):
        with contextlib.suppress(asyncio.CancelledError), circuit.guard_request(uuid4().hex, clock.monotonic() + SILENCE_THRESHOLD):
            clock.advance(SILENCE_THRESHOLD)
            raise asyncio.CancelledError
    assert circuit.state is CircuitState.OPEN


def test_after_a_cancelled_trial_the_next_call_is_the_trial(circuit: CircuitBreaker, clock: FixedClock) -> None:
    _opened(circuit)
    clock.advance(2)
    _fail(circuit, asyncio.CancelledError())
    with circuit.guard_request("call", 0):
        pass
    assert circuit.state is CircuitState.CLOSED


def test_a_late_failure_of_an_earlier_call_does_not_prolong_the_pause(circuit: CircuitBreaker, clock: FixedClock) -> None:
    waiting = [circuit.guard_request(f"{number}", 0) for number in range(6)]
    for one in waiting:
        one.__enter__()
    for one in waiting:
        assert not one.__exit__(Unreachable, Unreachable("x"), None)
    clock.advance(2)
    with circuit.guard_request("call", 0):
        pass


def test_a_hanging_trial_does_not_block_a_user(circuit: CircuitBreaker, clock: FixedClock) -> None:
    _opened(circuit)
    clock.advance(2)
    with circuit.guard_request("hangs", 0):
        circuit.prioritise()
        with circuit.guard_request("a person's", 0):
            pass
    assert circuit.state is CircuitState.CLOSED


async def _lost(harness: ToolHarness, demo: DemoCluster) -> tuple[Pipeline, Ahead]:
    clock = Ahead()
    pipeline = Pipeline(harness.pipeline.registry, replace(harness.environment, clock=clock))
    harness.pipeline = pipeline
    await demo.refuse()
    for _ in range(3):
        assert isinstance((await harness.call("k8s_check_permission", kind="pods")).error, Unreachable)
    return pipeline, clock


async def test_a_lost_cluster_gets_no_requests_while_the_cache_answers(harness: ToolHarness, demo: DemoCluster) -> None:
    await _lost(harness, demo)
    error = (await harness.call("k8s_check_permission", face=Face.MCP, kind="pods")).error
    assert isinstance(error, Unavailable)
    assert not isinstance(error, Unreachable)
    cached = await harness.call("k8s_list_pods", namespace="shop")
    assert cached.error is None
    assert not cached.warnings
    live = await harness.call("k8s_list_pods", namespace="shop", live=True)
    assert live.freshness is not None
    assert live.freshness.source is Source.CACHE
    assert "does not answer" in live.warnings[0]


async def test_the_trial_finds_a_cluster_that_is_back(harness: ToolHarness, demo: DemoCluster) -> None:
    pipeline, clock = await _lost(harness, demo)
    await demo.resume()
    assert (await harness.call("k8s_list_api_resources", live=True)).error is not None, "its pause is not over"
    clock.seconds = 2.0
    assert (await harness.call("k8s_list_api_resources", live=True)).error is None
    (circuit,) = pipeline.breaker_step.breakers.values()
    assert circuit.state is CircuitState.CLOSED


@pytest.mark.parametrize("how", ["a person refreshes", "the scanner reads it"])
async def test_a_user_retry_or_a_success_of_the_scanner_ends_the_pause(harness: ToolHarness, demo: DemoCluster, how: str) -> None:
    pipeline, _ = await _lost(harness, demo)
    await demo.resume()
    (name,) = pipeline.breaker_step.breakers
    if how == "a person refreshes":
        pipeline.prioritise(harness.environment.selected()[0])
    else:
        pipeline.handle_fact(ClusterState(harness.environment.selected()[0], ConnectionState.LIVE))
    assert name == harness.environment.selected()[0]
    assert (await harness.call("k8s_list_api_resources", live=True)).error is None


def _outside(service: str, name: str, handler: Handler) -> Any:
    able = Capabilities(("*",), ("read",), Scope.CLUSTER, "object", cache_friendly=False)
    return Outside(ToolSpec(name, name, "For the test.", Asked, Asked, Risk.READ, able, service, handler), service)


async def test_a_failing_mcp_server_blocks_no_other_server_and_no_cluster(harness: ToolHarness) -> None:
    asked: list[str] = []

    async def silent(question: Asked, context: ToolContext) -> Reply:
        asked.append("silent")
        raise DeadlineExceeded("no answer")

    tools = (_outside("ill", "probe", silent), _outside("well", "other", answer))
    pipeline = with_probe(harness.environment, *tools)
    for face in (Face.MCP, Face.TUI, Face.CHAT, Face.MCP):
        assert (await called(pipeline, face)).error is not None
    assert len(asked) == 3
    assert (await called(pipeline)).error.details["service"] == "mcp:ill"  # type: ignore[union-attr]
    assert (await called(pipeline, tool="other")).error is None
    assert (await harness.call("k8s_list_api_resources", live=True)).error is None
