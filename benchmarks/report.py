"""Formats raw results: one line a figure, with its target."""

from collections.abc import Iterator
from statistics import median
from typing import Any

Line = tuple[str, str, str]
"""(figure, measured value, target)."""


def format_report(result: dict[str, Any]) -> Iterator[str]:
    """One line for each figure of every part that was measured."""
    for part, part_lines in _PARTS.items():
        if part in result:
            for figure, measured, target in part_lines(result[part]):
                yield f"{figure:48} {measured:>22}   {target}"


def _scan(scan: dict[str, Any]) -> Iterator[Line]:
    yield "first scan ÷ raw download", f"{scan['first_scan_over_raw']:.2f}", "≤ 1.3"
    yield "second scan ÷ raw download", f"{scan['second_scan_over_raw']:.2f}", "≤ 1.2"
    yield "first scan ÷ kubectl get -o json", f"{scan['first_scan_over_kubectl']:.2f}", "≤ 0.2"
    yield "scan peak memory, MiB", f"{max(scan['first_scan']['peak_mib']):.0f}", ""


def _console(screen: dict[str, Any]) -> Iterator[Line]:
    cold, key = screen["cold_start"], screen["key_to_frame"]
    yield "cold start to first rows / all, s", f"{cold['first_rows']:.2f} / {cold['all_rows']:.2f}", ""
    yield "warm start to first rows / all, s", f"{_least(screen, 'first_rows'):.2f} / {_least(screen, 'all_rows'):.2f}", "≤ 0.7"
    if "textual_import" in screen:
        yield "warm start ÷ importing textual alone", f"{_typical(screen) / median(screen['textual_import']):.2f}", ""
    yield "key to frame, median / p95, ms", f"{key['median'] * 1000:.0f} / {key['p95'] * 1000:.0f}", ""
    yield "filter / clear to frame, ms", f"{screen['filter_to_frame'] * 1000:.0f} / {screen['clear_to_frame'] * 1000:.0f}", "≤ 50"
    yield "console resident, MiB", f"{screen['resident_mib']:.0f}", "≤ 300"


def _least(screen: dict[str, Any], name: str) -> float:
    """The fastest warm start, which other processes disturbed least."""
    return float(min(start[name] for start in screen["warm_start"]))


def _typical(screen: dict[str, Any]) -> float:
    return median(start["first_rows"] for start in screen["warm_start"])


def _serving(serving: dict[str, Any]) -> Iterator[Line]:
    starts, answers, peer = serving["starts"], serving["answers"], serving["peer"]
    ratio = median(ours / bare for ours, bare in zip(starts["ours"], starts["bare_import"], strict=True))
    yield "mcp start ÷ importing mcp.server alone", f"{ratio:.2f}", "≤ 1.25"
    for pods, name in (("500 pods", "namespace"), ("all pods", "all")):
        cached, live = answers[name], answers[f"{name}_live"]
        yield f"{pods} from the cache, p50 / p95, ms", f"{cached['p50']:.1f} / {cached['p95']:.1f}", "≤ 15 / ≤ 40"
        yield f"{pods}: faster than live", f"{1 - cached['p50'] / live['p50']:.1%}", "≥ 95 %"
        yield f"{pods}: characters of text / structured", f"{cached['text']} / {cached['structured']}", ""
        if peer:
            yield f"{pods} from the peer, p50, ms / characters", f"{peer[name]['p50']:.0f} / {peer[name]['text']}", ""
    if peer:
        yield "mcp start, ours / the peer's, s", f"{median(starts['ours']):.2f} / {median(starts['peer']):.2f}", ""


def _churn(churn: dict[str, Any]) -> Iterator[Line]:
    yield "changes written / received by a bare watch, a second", _per_second(churn), "2000 / what the server lets through"
    yield "of these applied / not applied", f"{churn['applied']} / {churn['not_applied']}", "all"
    yield "of those not applied, within a recorded gap", f"{churn['in_gaps']}", "all"
    yield "lag behind the bare watch at the end, s", "longer than the wait" if churn["lag"] is None else f"{churn['lag']:.1f}", "≤ 2"
    yield "a concurrent reader, p99, ms", f"{churn['reads']['p99']:.1f}", "≤ 20"


def _per_second(churn: dict[str, Any]) -> str:
    return f"{churn['rate']:.0f} / {churn['bare_events'] / churn['seconds']:.0f}"


def _loads(loads: dict[str, Any]) -> Iterator[Line]:
    sizes = loads["sizes"]
    for pods, found in sizes.items():
        headless = found["headless"]
        target = {"10000": "≤ 150", "50000": "≤ 350"}.get(pods, "")
        yield f"{pods} pods: scan ÷ raw download", f"{found['scan']['over_raw']:.2f}", ""
        yield f"{pods} pods: scanner resident / peak, MiB", f"{headless['resident']:.0f} / {headless['peak']:.0f}", target
        yield f"{pods} pods: file, MB", f"{found['bytes_on_disk'] / 1e6:.0f}", ""
        yield f"{pods} pods: a namespace's table, rows / p95, ms", f"{found['read']['rows']} / {found['read']['p95']:.1f}", "≤ 5 for 500"
    for what, spent in loads["seconds_a_thousand_more_pods"].items():
        yield f"{what} seconds a thousand more pods", f"{spent:.2f}", "the same at every size"


def _history(past: dict[str, Any]) -> Iterator[Line]:
    yield "versions, bytes each", f"{past['versions']}, {past['bytes_a_version']:.0f}", "≤ 400"
    yield "processor time to write one, ms", f"{past['write']['cpu'] / past['versions'] * 1000:.2f}", ""
    yield f"what changed in an hour ({past['changes_in_an_hour']}), p95, ms", f"{past['last_hour']['p95']:.0f}", "≤ 100"
    yield f"table of {past['rows_then']} pods as of a moment, p95, s", f"{past['table_as_of']['p95'] / 1000:.2f}", "≤ 0.5"
    yield "one object as of a moment / its life, p95, ms", f"{past['object_as_of']['p95']:.1f} / {past['life']['p95']:.1f}", ""


def _calls(calls: dict[str, Any]) -> Iterator[Line]:
    for question, found in calls["questions"].items():
        bare, read, cached = (found[name]["median"] for name in ("bare", "read", "at_hand"))
        yield f"a list of pods, {question}: the tool alone, ms", f"{bare:.2f}", ""
        yield "  what the pipeline adds, median, ms", f"{read - bare:.2f}", "≤ 0.5"
        yield "  all of it from the reply cache, ms", f"{cached:.2f}", "≤ 0.5"


def _suggestions(found: dict[str, Any]) -> Iterator[Line]:
    for what, seen in found["asked"].items():
        yield f"suggested: {what}, p95, ms", f"{seen['p95']:.1f}", "≤ 20"


def _encryption(encryption: dict[str, Any]) -> Iterator[Line]:
    labels = {
        "wall": "demo scanned, seconds",
        "cpu": "demo scanned, processor",
        "write": "pods written, processor",
        "read": "a table read, processor",
        "bytes": "file, bytes",
    }
    for name, what in labels.items():
        found = encryption[name]
        yield f"encrypted ÷ plain: {what}", f"{found['ratio']:.2f} ({found['least']:.2f}-{found['most']:.2f})", ""


_PARTS = {
    "scanning": _scan,
    "console": _console,
    "serving": _serving,
    "churn": _churn,
    "loads": _loads,
    "history": _history,
    "calls": _calls,
    "suggestions": _suggestions,
    "encryption": _encryption,
}
