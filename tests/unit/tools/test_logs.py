"""Logs fit the budget, can be followed, and have their secrets masked."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any

import pytest

from k8sconsole.cluster.port import Cluster, LogOptions
from k8sconsole.errors import InvalidParams, NotFound
from k8sconsole.model.tools import Face, ToolCall
from k8sconsole.tools.output.log_digest import digest_log, fold_repeats
from k8sconsole.tools.output.token_budget import json_tokens
from k8sconsole.tools.pipeline.middleware.reply_filters import masked_lines
from tests.tool_harness import ToolHarness, shared_demo

demo = shared_demo


async def _pod(harness: ToolHarness) -> dict[str, Any]:
    listed = await harness.call("k8s_list_pods", namespace="shop", filter="status=Running", limit=1)
    return {"name": listed.data["items"][0]["name"], "namespace": "shop"}


async def test_a_log_is_read_to_its_end_and_fits(harness: ToolHarness) -> None:
    outcome = await harness.call("k8s_get_pod_logs", **await _pod(harness), tail=50, max_tokens=400)
    assert outcome.error is None
    assert 0 < outcome.data["lines"] <= 50
    assert len(outcome.data["log"]) <= 400 * 4


async def test_a_log_is_followed_line_by_line_until_closed_and_audited(harness: ToolHarness) -> None:
    call = ToolCall("k8s_get_pod_logs", {**await _pod(harness), "follow": True, "tail": 3}, Face.TUI)
    async with aclosing(harness.pipeline.stream(call)) as lines:  # type: ignore[type-var]
        async for line in lines:
            assert isinstance(line, str)
            break
    phases = [(tool, phase) for tool, phase, _ in await harness.audit() if tool == "k8s_get_pod_logs"]
    assert phases == [("k8s_get_pod_logs", "started"), ("k8s_get_pod_logs", "completed")]


async def test_a_wrong_pod_container_or_duration_is_an_error_with_the_valid_values(harness: ToolHarness) -> None:
    pod = await _pod(harness)
    missing = (await harness.call("k8s_get_pod_logs", name=pod["name"][:-1], namespace="shop")).error
    assert isinstance(missing, NotFound)
    assert pod["name"] in missing.details["nearest"]
    container = (await harness.call("k8s_get_pod_logs", **pod, container="nope")).error
    assert isinstance(container, InvalidParams)
    assert container.details["nearest"]
    since = (await harness.call("k8s_get_pod_logs", **pod, since="soon")).error
    assert isinstance(since, InvalidParams)
    assert since.details["parameter"] == "since"


def _quiet(number: int) -> str:
    """No line is like another."""
    return "".join("abcdefghij"[int(digit)] for digit in str(number)) + " is quiet"


def test_a_shortened_log_lists_all_errors_first_and_keeps_its_beginning_and_end() -> None:
    lines = [_quiet(number) for number in range(1000)]
    for number in (20, 300, 500, 960):
        lines[number] = f"ERROR: connection {number} refused"
    lines[400] = "panic: no space left"
    shown, left_out = digest_log(lines, 300)
    assert shown[0] == "5 of 1000 lines report errors, the latest first:"
    assert shown[1] == "(4 times, lines 21 to 961) ERROR: connection 960 refused"
    assert shown[2] == "(line 401) panic: no space left"
    assert lines[0] in shown
    assert shown[-1] == lines[-1]
    assert left_out > 800
    assert f"… {left_out} lines left out" in shown
    assert sum(map(json_tokens, shown)) <= 300


def test_one_long_error_line_does_not_displace_the_others() -> None:
    lines = [_quiet(number) for number in range(1000)]
    lines[10], lines[900] = "error: the cause", f"error: {'a trace without an end ' * 100}"
    assert "(line 11) error: the cause" in digest_log(lines, 200)[0]


PAYMENTS = [f"2026-11-30T10:00:0{second}Z 10.0.0.{second}:51{second}23 GET /pay {code}" for second, code in enumerate((200, 500, 500, 200))]


def test_a_log_that_fits_is_returned_line_by_line_as_it_was_written() -> None:
    long = "x" * 3_000
    lines = [*PAYMENTS, *(f"probe {number} ok" for number in range(40)), long]
    assert digest_log(lines, 4_000) == (lines, 0)
    short = ["ok", "ok"] * 200
    assert digest_log(short, json_tokens("\n".join(short))) == (short, 0), "many short lines fit as one text"


def test_a_status_is_never_folded_away() -> None:
    assert fold_repeats(PAYMENTS) == PAYMENTS


@pytest.mark.parametrize(
    "lines",
    [
        ["job exited with code 0", "job exited with code 1", "job exited with code 0", "done"],
        ["level=info msg=saved", "level=error msg=saved", "level=info msg=saved", "done"],
        ["GET /orders/41 200", "GET /orders/42 200", "GET /orders/43 200", "done"],
        ["queue length 3", "queue length 900", "queue length 3", "done"],
        ["took 12ms", "took 30s", "took 12ms", "done"],
        ["GET /a/3f2a9c1b7d5e4f60 200", "GET /a/4f2a9c1b7d5e4f61 200", "GET /a/5f2a9c1b7d5e4f62 200", "done"],
    ],
)
def test_lines_that_differ_in_a_code_a_level_a_path_or_a_number_stay_apart(lines: list[str]) -> None:
    assert fold_repeats(lines) == lines


@pytest.mark.parametrize(
    "line",
    [
        "2026-11-30T10:00:{0:02}.123Z probe ok",
        "I1130 10:00:{0:02}.123456       1 probe.go:12] probe ok",
        "dial tcp 10.1.0.{0}:5432: refused by http://10.1.0.{0}:8080/health",
        '10.1.0.{0}:4{0:04} - - [30/Nov/2026:10:00:{0:02} +0000] "GET / HTTP/1.1" 200',
        '{{"ts":17950000{0:02}.5,"msg":"probe ok"}}',
        "request_id=8f{0:02}a1b2 probe ok",
        "trace 4bf92f3577b34da6a3ce929d0e0e{0:04} ended",
    ],
)
def test_lines_that_differ_in_times_ids_and_addresses_are_folded_and_counted(line: str) -> None:
    lines = [line.format(number) for number in range(10, 15)]
    assert fold_repeats(lines) == [lines[0], "… 3 more like the line above", lines[-1]]


def test_repeats_with_other_lines_between_them_are_counted_each() -> None:
    lines = [f"10:00:{number:02} {word}" for number in range(50) for word in ("cache hit", "cache miss")]
    folded = fold_repeats(["begins", *lines, "ends"])
    assert folded[:3] == ["begins", *lines[:2]]
    assert folded[3:] == ["… 98 more like the lines above:", f"  49 × like: {lines[-2]}", f"  49 × like: {lines[-1]}", "ends"]


def test_what_is_left_out_is_counted_by_kind_with_its_status() -> None:
    lines = [f"GET /pay/{number} {500 if number % 100 == 7 else 200} {number}ms" for number in range(1_000)]
    shown, left_out = digest_log(lines, 400)
    counted = [line for line in shown if " × like: " in line]
    assert sum(int(line.split("×")[0]) for line in counted) == left_out
    assert {line.split()[-2] for line in counted} == {"200", "500"}
    assert sum(map(json_tokens, shown)) <= 400


def test_a_line_that_was_cut_says_so() -> None:
    lines = ["y" * 5_000, *(_quiet(number) for number in range(3_000))]
    shown, _ = digest_log(lines, 8_000)
    assert f"{'y' * 2_000}… [5000 characters in all]" in shown


async def test_a_tool_s_log_has_no_colours_and_the_console_s_keeps_them(
    harness: ToolHarness, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def written(namespace: str, pod: str, options: LogOptions) -> AsyncIterator[bytes]:
        yield b"\x1b[1;31mERROR\x1b[0m \x1b]0;title\x07card \x1b[2Krefused\r"
        yield b"pass\x1b[32mword=s3cr3t-Planted-0042\x1b[0m"

    monkeypatch.setattr(cluster, "logs", written)
    pod = await _pod(harness)
    assert (await harness.call("k8s_get_pod_logs", **pod)).data["log"].split("\n")[0] == "ERROR card refused"
    call = ToolCall("k8s_get_pod_logs", {**pod, "follow": True}, Face.TUI)
    lines = [line async for line in harness.pipeline.stream(call)]
    assert lines[0] == "\x1b[1;31mERROR\x1b[0m card refused"
    assert "s3cr3t" not in lines[1]


@pytest.mark.parametrize("secret", ["s3cr3t-Planted-0042"])
async def test_a_private_key_over_several_lines_is_masked_from_first_to_last(secret: str) -> None:
    async def source() -> AsyncGenerator[str, None]:
        for line in ("starting", "-----BEGIN RSA PRIVATE KEY-----", secret, "-----END RSA PRIVATE KEY-----", f"password={secret}", "done"):
            yield line

    lines = [line async for line in masked_lines(source())]
    assert secret not in "\n".join(lines)
    assert (lines[0], lines[-1]) == ("starting", "done")


async def test_a_followed_log_returns_the_lines_written_meanwhile(harness: ToolHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("k8sconsole.tools.toolsets.logs.FOLLOW", 3.0)
    listed = await harness.call("k8s_list_pods", namespace="shop", filter="web status=Running", limit=1)
    pod = {"name": listed.data["items"][0]["name"], "namespace": "shop", "tail": 1}
    assert (await harness.call("k8s_get_pod_logs", **pod)).data["lines"] == 1
    assert (await harness.call("k8s_get_pod_logs", **pod, follow=True)).data["lines"] > 1


async def test_errors_anywhere_in_a_long_log_are_in_the_shortened_reply(
    harness: ToolHarness, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def written(namespace: str, pod: str, options: LogOptions) -> AsyncIterator[bytes]:
        for number in range(20_000):
            yield f"ERROR: disk {number} is full".encode() if number in (7, 9_000) else _quiet(number).encode()

    monkeypatch.setattr(cluster, "logs", written)
    outcome = await harness.call("k8s_get_pod_logs", **await _pod(harness), tail=0, max_tokens=1_000)
    assert (outcome.data["lines"], outcome.error) == (20_000, None)
    assert "(2 times, lines 8 to 9001) ERROR: disk 9000 is full" in outcome.data["log"]
    assert outcome.data["log"].endswith(_quiet(19_999))
    assert any(str(outcome.data["left_out"]) in warning for warning in outcome.warnings)


async def test_a_log_that_was_not_read_to_its_end_has_a_warning(
    harness: ToolHarness, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def written(namespace: str, pod: str, options: LogOptions) -> AsyncIterator[bytes]:
        for number in range(20_000):
            yield _quiet(number).encode()

    monkeypatch.setattr(cluster, "logs", written)
    asked = {**await _pod(harness), "tail": 0}
    assert not any("were read" in warning for warning in (await harness.call("k8s_get_pod_logs", **asked)).warnings)
    monkeypatch.setattr("k8sconsole.tools.toolsets.logs.MOST_BYTES", 100_000)
    for more in ({}, {"contains": "a"}):
        assert any("were read" in warning for warning in (await harness.call("k8s_get_pod_logs", **asked, **more)).warnings)
