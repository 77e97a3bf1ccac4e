"""The measurements that a running process makes: cache against cluster, and suggestions against use."""

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


class Experiment:
    """The recorded facts, a clock set by hand, and a cluster with a fixed answer."""

    def __init__(self) -> None:
        self.facts: list[tuple[str, float]] = []
        self.now = 1000.0
        self.calls: list[ToolCall] = []
        self.answer = _answer(Source.LIVE, milliseconds=40.0)
        self.pairing = CacheComparison(self.call, self.record, lambda: self.now)

    def record(self, name: str, value: float) -> None:
        self.facts.append((name, value))

    async def call(self, call: ToolCall) -> ToolOutcome:
        self.calls.append(call)
        return self.answer


def _is_due(experiment: Experiment, call: ToolCall = PODS, outcome: ToolOutcome | None = None) -> bool:
    return experiment.pairing.is_due(REGISTRY.find(call.tool), call, outcome or _answer())


async def test_a_cached_call_is_repeated_live_and_both_durations_are_recorded() -> None:
    experiment = Experiment()
    assert _is_due(experiment)
    await experiment.pairing.measure(PODS, _answer())
    assert [(call.arguments, call.caller) for call in experiment.calls] == [({"namespace": "shop", "live": True}, CALLER)]
    assert experiment.facts == [("pair.cached", 2.0), ("pair.direct", 40.0)]


def test_a_comparison_is_made_only_once_an_interval() -> None:
    experiment = Experiment()
    assert [_is_due(experiment), _is_due(experiment)] == [True, False]
    experiment.now += EVERY
    assert _is_due(experiment)


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
def test_large_live_and_non_list_calls_are_not_compared(call: ToolCall, outcome: ToolOutcome) -> None:
    assert not _is_due(Experiment(), call, outcome)


async def test_without_a_live_answer_nothing_is_recorded() -> None:
    experiment = Experiment()
    experiment.answer = _answer(Source.CACHE)
    await experiment.pairing.measure(PODS, _answer())
    assert experiment.facts == []


def test_a_suggestion_is_a_hit_when_it_has_the_used_value() -> None:
    experiment = Experiment()
    suggested = SuggestionCheck(experiment.record)
    suggested.record_offer("k8s_list_pods", "namespace", ["shop", "shipping"])
    suggested.record_use(PODS)
    suggested.record_offer("k8s_list_pods", "namespace", ["team-a"])
    suggested.record_use(PODS)
    suggested.record_use(PODS)
    assert experiment.facts == [("suggest.hit", 1.0), ("suggest.hit", 0.0)]


def test_an_empty_suggestion_and_a_call_of_another_tool_record_nothing() -> None:
    experiment = Experiment()
    suggested = SuggestionCheck(experiment.record)
    suggested.record_offer("k8s_list_pods", "namespace", [])
    suggested.record_offer("k8s_list_events", "namespace", ["shop"])
    suggested.record_use(PODS)
    assert experiment.facts == []
