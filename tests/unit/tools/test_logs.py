"""Logs fit, follow, and keep secrets."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import pytest

from k8sconsole.errors import InvalidParams, NotFound
from k8sconsole.model.tools import Face, ToolCall
from k8sconsole.tools.log_budget import fitted, folded
from k8sconsole.tools.middleware.redact import masked_lines
from tests.tool_desk import Desk


async def _pod(desk: Desk) -> dict[str, Any]:
    listed = await desk.call("k8s_list_pods", namespace="shop", filter="status=Running", limit=1)
    return {"name": listed.data["items"][0]["name"], "namespace": "shop"}


async def test_a_log_is_read_to_its_end_and_fits(desk: Desk) -> None:
    outcome = await desk.call("k8s_get_pod_logs", **await _pod(desk), tail=50, max_tokens=400)
    assert outcome.error is None
    assert 0 < outcome.data["lines"] <= 50
    assert len(outcome.data["log"]) <= 400 * 4


async def test_a_log_is_followed_line_by_line_until_closed_and_audited(desk: Desk) -> None:
    call = ToolCall("k8s_get_pod_logs", {**await _pod(desk), "follow": True, "tail": 3}, Face.TUI)
    async with aclosing(desk.pipeline.stream(call)) as lines:  # type: ignore[type-var]
        async for line in lines:
            assert isinstance(line, str)
            break
    phases = [(tool, phase) for tool, phase, _ in await desk.audit() if tool == "k8s_get_pod_logs"]
    assert phases == [("k8s_get_pod_logs", "started"), ("k8s_get_pod_logs", "completed")]


async def test_a_wrong_pod_container_or_duration_is_answered_with_what_would_be_right(desk: Desk) -> None:
    pod = await _pod(desk)
    missing = (await desk.call("k8s_get_pod_logs", name=pod["name"][:-1], namespace="shop")).error
    assert isinstance(missing, NotFound)
    assert pod["name"] in missing.details["nearest"]
    container = (await desk.call("k8s_get_pod_logs", **pod, container="nope")).error
    assert isinstance(container, InvalidParams)
    assert container.details["nearest"]
    since = (await desk.call("k8s_get_pod_logs", **pod, since="soon")).error
    assert isinstance(since, InvalidParams)
    assert since.details["parameter"] == "since"


def test_what_is_cut_keeps_the_beginning_the_end_and_the_trouble_between() -> None:
    lines = [f"line {number} is quiet" for number in range(1000)]
    lines[500] = "ERROR: connection refused"
    shown, left_out = fitted(lines, 300)
    assert shown[0] == lines[0]
    assert shown[-1] == lines[-1]
    assert lines[500] in shown
    assert left_out > 800
    assert f"{left_out} lines left out" in "\n".join(shown)


def test_repeats_are_folded_and_counted() -> None:
    assert folded(["a 1", "a 2", "a 3", "b"]) == ["a 1", "… 2 more like the line above", "b"]


@pytest.mark.parametrize("secret", ["s3cr3t-Planted-0042"])
async def test_a_private_key_over_several_lines_is_masked_from_first_to_last(secret: str) -> None:
    async def source() -> AsyncGenerator[str, None]:
        for line in ("starting", "-----BEGIN RSA PRIVATE KEY-----", secret, "-----END RSA PRIVATE KEY-----", f"password={secret}", "done"):
            yield line

    lines = [line async for line in masked_lines(source())]
    assert secret not in "\n".join(lines)
    assert (lines[0], lines[-1]) == ("starting", "done")
