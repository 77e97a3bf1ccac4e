"""Facts that only a process at work can learn."""

import pytest

from k8sconsole.errors import NotFound
from k8sconsole.model.freshness import Freshness, Source
from k8sconsole.model.tools import Face, Page, ToolCall, ToolOutcome
from k8sconsole.runtime.metrics.experiments import CALLER, EVERY, MOST_ROWS, CacheComparison, SuggestionCheck
from k8sconsole.tools.registry import builtin_registry

REGISTRY = builtin_registry()
PODS = ToolCall("k8s_list_pods", {"namespace": "shop"}, Face.MCP)


def _answer(source: Source = Source.CACHE, rows: int | None = 20, milliseconds: float = 2.0) -> ToolOutcome:
    return ToolOutcome("k8s_list_pods", "r", {}, freshness=Freshness(source, 1.0, True), page=Page(None, rows), duration_ms=milliseconds)


class Kept:
    """The facts, a clock by hand, and a cluster that answers what it is told to."""

    def __init__(self) -> None:
        self.facts: list[tuple[str, float]] = []
        self.now = 1000.0
        self.asked: list[ToolCall] = []
        self.answer = _answer(Source.LIVE, milliseconds=40.0)
        self.pairing = CacheComparison(self.call, self.keep, lambda: self.now)

    def keep(self, name: str, value: float) -> None:
        self.facts.append((name, value))

    async def call(self, call: ToolCall) -> ToolOutcome:
        self.asked.append(call)
        return self.answer


def _wants(kept: Kept, call: ToolCall = PODS, outcome: ToolOutcome | None = None) -> bool:
    return kept.pairing.is_due(REGISTRY.find(call.tool), call, outcome or _answer())


async def test_the_same_question_is_put_to_the_cluster_and_both_times_are_kept() -> None:
    kept = Kept()
    assert _wants(kept)
    await kept.pairing.measure(PODS, _answer())
    assert [(call.arguments, call.caller) for call in kept.asked] == [({"namespace": "shop", "live": True}, CALLER)]
    assert kept.facts == [("pair.cached", 2.0), ("pair.direct", 40.0)]


def test_it_is_asked_twice_only_now_and_then() -> None:
    kept = Kept()
    assert [_wants(kept), _wants(kept)] == [True, False]
    kept.now += EVERY
    assert _wants(kept)


@pytest.mark.parametrize(
    ("call", "outcome"),
    [
        (PODS, _answer(Source.LIVE)),
        (PODS, _answer(rows=MOST_ROWS + 1)),
        (PODS, _answer(rows=None)),
        (PODS, ToolOutcome("k8s_list_pods", "r", error=NotFound("gone"))),
        (ToolCall("k8s_list_pods", {"cursor": "x"}, Face.MCP), _answer()),
        (ToolCall("k8s_list_pods", {}, Face.CLI), _answer()),
        (ToolCall("k8s_list_pods", {}, Face.MCP, CALLER), _answer()),
        (ToolCall("cache_status", {}, Face.MCP), _answer()),
        (ToolCall("k8s_delete_pod", {}, Face.MCP), _answer()),
    ],
)
def test_what_is_large_live_or_no_list_is_not_asked_twice(call: ToolCall, outcome: ToolOutcome) -> None:
    assert not _wants(Kept(), call, outcome)


async def test_a_cluster_that_does_not_answer_leaves_no_half_pair() -> None:
    kept = Kept()
    kept.answer = _answer(Source.CACHE)
    await kept.pairing.measure(PODS, _answer())
    assert kept.facts == []


def test_a_suggestion_was_right_when_it_held_what_was_used() -> None:
    kept = Kept()
    suggested = SuggestionCheck(kept.keep)
    suggested.record_offer("k8s_list_pods", "namespace", ["shop", "shipping"])
    suggested.record_use(PODS)
    suggested.record_offer("k8s_list_pods", "namespace", ["team-a"])
    suggested.record_use(PODS)
    suggested.record_use(PODS)
    assert kept.facts == [("suggest.hit", 1.0), ("suggest.hit", 0.0)]


def test_nothing_suggested_and_another_tool_s_call_settle_nothing() -> None:
    kept = Kept()
    suggested = SuggestionCheck(kept.keep)
    suggested.record_offer("k8s_list_pods", "namespace", [])
    suggested.record_offer("k8s_list_events", "namespace", ["shop"])
    suggested.record_use(PODS)
    assert kept.facts == []
