"""What a Prometheus server would read."""

from prometheus_client.parser import text_string_to_metric_families

from k8sconsole.telemetry.exposition import render_metrics
from k8sconsole.telemetry.meters import BOUNDS, MOST_TOOLS, MOST_VALUES, OTHER, Meters, ObservableMetric

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def _samples(meters: Meters) -> Samples:
    """As the library's own parser reads the text."""
    families = text_string_to_metric_families(render_metrics(meters))
    return {(one.name, tuple(sorted(one.labels.items()))): one.value for family in families for one in family.samples}


def test_calls_are_counted_by_tool_face_and_outcome_and_timed_by_tool() -> None:
    meters = Meters()
    for seconds in (0.0005, 0.004, 99.0):
        meters.call("k8s_list_pods", "mcp", "ok", seconds)
    meters.call("k8s_list_pods", "tui", "NotFound", 0.004)
    meters.call("k8s_get_pod_logs", "tui", "ok", None)
    meters.reply("cache")
    found = _samples(meters)
    tool = ("tool", "k8s_list_pods")
    assert found["k8sconsole_tool_calls_total", (("face", "mcp"), ("outcome", "ok"), tool)] == 3
    assert found["k8sconsole_tool_calls_total", (("face", "tui"), ("outcome", "NotFound"), tool)] == 1
    assert found["k8sconsole_tool_call_seconds_count", (tool,)] == 4
    assert found["k8sconsole_tool_call_seconds_sum", (tool,)] == 0.0005 + 0.004 + 99.0 + 0.004
    classes = [found["k8sconsole_tool_call_seconds_bucket", (("le", le), tool)] for le in ("0.001", "0.0025", "0.005", "30", "+Inf")]
    assert classes == [1, 1, 3, 3, 4]
    assert ("k8sconsole_tool_call_seconds_count", (("tool", "k8s_get_pod_logs"),)) not in found, "a stream lasts as long as it likes"
    assert found["k8sconsole_tool_replies_total", (("source", "cache"),)] == 1


def test_a_duration_on_the_edge_of_a_class_belongs_to_it() -> None:
    meters = Meters()
    meters.call("t", "cli", "ok", BOUNDS[3])
    assert _samples(meters)["k8sconsole_tool_call_seconds_bucket", (("le", f"{BOUNDS[3]:g}"), ("tool", "t"))] == 1


def test_figures_that_others_keep_are_those_of_the_moment_of_the_question() -> None:
    backlog = {"": 3.0}
    meters = Meters(
        (
            ObservableMetric("audit_backlog", "Waiting.", lambda: backlog),
            ObservableMetric("at_hand", "Hits.", lambda: {"hit": 2}, "result", True),
        )
    )
    assert _samples(meters)["k8sconsole_audit_backlog", ()] == 3
    backlog[""] = 0.0
    found = _samples(meters)
    assert found["k8sconsole_audit_backlog", ()] == 0
    assert found["k8sconsole_at_hand_total", (("result", "hit"),)] == 2


def test_label_values_are_bounded_and_unusual_ones_are_escaped() -> None:
    services = {f"service {number}": float(number % 3) for number in range(MOST_VALUES + 50)}
    meters = Meters((ObservableMetric("breaker_state", "Who is ill.", lambda: services, "service"),))
    for number in range(MOST_TOOLS + 50):
        meters.call(f'tool "{number}"\n\\', "mcp", "ok", 0.1)
    found = _samples(meters)
    calls = {dict(labels)["tool"]: value for (name, labels), value in found.items() if name == "k8sconsole_tool_calls_total"}
    assert (len(calls), calls[OTHER], calls['tool "0"\n\\']) == (MOST_TOOLS + 1, 50, 1)
    states = {dict(labels)["service"]: value for (name, labels), value in found.items() if name == "k8sconsole_breaker_state"}
    assert (len(states), states[OTHER]) == (MOST_VALUES + 1, 2)
