"""The steps that every call passes: authorise, audit, mask and deadline, in this order."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from k8sconsole.demo.server import DemoCluster
from k8sconsole.errors import ApprovalDenied, DeadlineExceeded, Forbidden, InvalidParams, NotFound, PolicyDenied, UnknownTool
from k8sconsole.model.events import CallCompleted
from k8sconsole.model.freshness import Source
from k8sconsole.model.policy import Policy
from k8sconsole.model.tools import Answer, Capabilities, Face, Risk, Scope, ToolCall
from k8sconsole.tools.context import ToolContext
from k8sconsole.tools.pipeline.pipeline import Pipeline
from k8sconsole.tools.registry import Registry
from k8sconsole.tools.results import Proposal, Reply
from k8sconsole.tools.spec import ToolSpec
from tests.tool_harness import ToolHarness, shared_demo

demo = shared_demo

SECRET = "s3cr3t-Planted-0042"


class Nothing(msgspec.Struct, forbid_unknown_fields=True):
    password: str = ""


def _with_tool(
    harness: ToolHarness, handler: Callable[[Any, ToolContext], Any], *, risk: Risk = Risk.READ, prepare: Any = None
) -> Pipeline:
    tool = ToolSpec(
        "probe",
        "Probe",
        "For the test.",
        Nothing,
        Nothing,
        risk,
        Capabilities(("pods",), ("get",), Scope.CLUSTER),
        "core",
        handler,
        prepare=prepare,
    )
    return Pipeline(Registry([tool]), harness.environment)


async def _ok(asked: Any, context: ToolContext) -> Reply:
    return Reply({"password": asked.password}, "fine", context.live_freshness())


async def test_every_call_has_a_row_at_both_ends_and_counts_in_the_statistics(harness: ToolHarness) -> None:
    await harness.call("list_pods")
    await harness.call("k8s_list_pods", limit="many")
    assert await harness.audit() == [
        ("k8s_list_pods", "started", ""),
        ("k8s_list_pods", "completed", "ok"),
        ("k8s_list_pods", "started", ""),
        ("k8s_list_pods", "completed", "InvalidParams"),
    ]
    assert harness.store is not None
    (usage,) = await harness.store.audit.tool_usage()
    assert (usage.tool_name, usage.usage_count, usage.success_count, usage.error_count) == ("k8s_list_pods", 2, 1, 1)
    assert [fact.outcome for fact in harness.facts if isinstance(fact, CallCompleted)] == ["ok", "InvalidParams"]


async def test_a_cancelled_call_is_ended_in_the_audit(harness: ToolHarness) -> None:
    begun = asyncio.Event()

    async def hang(asked: Any, context: ToolContext) -> Reply:
        begun.set()
        await asyncio.Event().wait()
        raise AssertionError

    pipeline = _with_tool(harness, hang)
    task = asyncio.create_task(pipeline.call(ToolCall("probe", {}, Face.MCP)))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await pipeline.close()
    assert [(phase, outcome) for _, phase, outcome in await harness.audit()] == [("started", ""), ("completed", "Cancelled")]


async def test_a_bug_in_a_handler_is_an_internal_error_without_details_for_the_client(harness: ToolHarness) -> None:
    async def broken(asked: Any, context: ToolContext) -> Reply:
        raise KeyError(f"password={SECRET}")

    pipeline = _with_tool(harness, broken)
    outcome = await pipeline.call(ToolCall("probe", {}, Face.MCP))
    await pipeline.close()
    assert outcome.error is not None
    assert SECRET not in repr(outcome.structured(0))
    assert (await harness.audit())[-1][2] == "InternalError"
    assert harness.store is not None
    assert SECRET not in repr(await harness.store.audit.entries())


async def test_what_the_operating_system_refuses_in_a_handler_has_its_reason_and_a_remedy(harness: ToolHarness) -> None:
    async def refused(asked: Any, context: ToolContext) -> Reply:
        raise OSError(28, "No space left on device", "/data/x")

    pipeline = _with_tool(harness, refused)
    outcome = await pipeline.call(ToolCall("probe", {}, Face.MCP))
    await pipeline.close()
    assert str(outcome.error).startswith("probe failed — /data/x: no space left on device (try: free some space: df -h /")


async def test_a_call_that_takes_too_long_ends_with_a_time_out(harness: ToolHarness) -> None:
    async def slow(asked: Any, context: ToolContext) -> Reply:
        await asyncio.sleep(2)
        raise AssertionError

    outcome = await _with_tool(harness, slow).call(ToolCall("probe", {}, Face.CLI, deadline=0.01))
    assert isinstance(outcome.error, DeadlineExceeded)


async def test_arguments_results_and_texts_of_every_tool_are_masked(harness: ToolHarness) -> None:
    async def leaking(asked: Any, context: ToolContext) -> Reply:
        tree = {"env": [{"name": "PASSWORD", "value": SECRET}], "url": f"https://u:{SECRET}@h/"}
        return Reply(tree, f"export TOKEN={SECRET}", context.live_freshness(), warnings=(f"--password={SECRET}",))

    pipeline = _with_tool(harness, leaking)
    outcome = await pipeline.call(ToolCall("probe", {"password": SECRET}, Face.MCP))
    await pipeline.close()
    assert outcome.error is None
    assert SECRET not in repr(outcome)
    assert harness.store is not None
    assert SECRET not in repr(await harness.store.audit.entries())


async def test_a_change_is_prepared_before_the_question_and_made_only_after_a_yes(harness: ToolHarness) -> None:
    order: list[str] = []

    async def prepare(asked: Any, context: ToolContext) -> Proposal:
        order.append("prepare")
        return Proposal(("pod shop/web",), (f"Authorization: Bearer {SECRET}",))

    async def change(asked: Any, context: ToolContext) -> Reply:
        order.append("change")
        return await _ok(asked, context)

    def answer(question: Any) -> Answer:
        order.append("question")
        assert question.objects == ("pod shop/web",)
        assert SECRET not in repr(question)
        return Answer(True, by="test")

    harness.answer = answer
    outcome = await _with_tool(harness, change, risk=Risk.DESTRUCTIVE, prepare=prepare).call(
        ToolCall("probe", {"password": SECRET}, Face.TUI)
    )
    assert outcome.error is None
    assert order == ["prepare", "question", "change"]


async def test_no_answer_means_no(harness: ToolHarness) -> None:
    done: list[str] = []

    async def change(asked: Any, context: ToolContext) -> Reply:
        done.append("changed")
        return await _ok(asked, context)

    outcome = await _with_tool(harness, change, risk=Risk.WRITE).call(ToolCall("probe", {}, Face.TUI))
    assert isinstance(outcome.error, ApprovalDenied)
    assert not done


async def test_a_wrong_confirmation_word_means_no(harness: ToolHarness) -> None:
    harness.answer = lambda question: Answer(True, word="something", by="test")
    outcome = await harness.call("k8s_delete_resource", kind="namespace", name="shop")
    assert isinstance(outcome.error, ApprovalDenied)
    assert harness.questions[0].confirm_word == "shop"
    assert any("pods" in consequence for consequence in harness.questions[0].consequences)
    assert (await harness.call("k8s_get_resource", kind="namespace", name="shop", live=True)).error is None


async def test_an_unknown_tool_and_a_denied_tool_are_different_errors(harness: ToolHarness) -> None:
    assert isinstance((await harness.call("k8s_list_podz")).error, UnknownTool)
    harness.policy = Policy(read_only=True)
    refused = (await harness.call("k8s_delete_resource", kind="pods", name="x")).error
    assert isinstance(refused, PolicyDenied)
    assert refused.code == -32003


@pytest.mark.parametrize(
    ("tool", "arguments", "kind", "parameter", "nearest"),
    [
        ("k8s_list_pods", {"namspace": "shop"}, InvalidParams, "namspace", "namespace"),
        ("k8s_list_contexts", {"all": True}, InvalidParams, "all", None),
        ("k8s_get_resource", {"kind": "pods"}, InvalidParams, "name", "kind"),
        ("k8s_list_pods", {"limit": -1}, InvalidParams, "limit", None),
        ("k8s_list_pods", {"namespace": "shpo"}, NotFound, "namespace", "shop"),
        ("k8s_list_pods", {"context": "elsewhere"}, NotFound, "context", None),
        ("k8s_list_pods", {"fields": ["statsu"]}, InvalidParams, "fields", "status"),
        ("k8s_get_resource", {"kind": "deploy", "name": "cartt", "namespace": "shop"}, NotFound, "name", "cart"),
    ],
)
async def test_a_wrong_argument_is_an_error_with_the_valid_values(
    harness: ToolHarness, tool: str, arguments: dict[str, Any], kind: type[Exception], parameter: str, nearest: str | None
) -> None:
    error = (await harness.call(tool, **arguments)).error
    assert isinstance(error, kind)
    assert error.details["parameter"] == parameter
    assert "given" in error.details
    assert nearest is None or nearest in error.details["nearest"]


async def test_numbers_and_booleans_may_be_written_as_text(harness: ToolHarness) -> None:
    outcome = await harness.call("k8s_list_pods", limit="2", live="true")
    assert outcome.error is None
    assert len(outcome.data["items"]) == 2
    assert outcome.freshness is not None
    assert outcome.freshness.source is Source.LIVE


async def test_rbac_is_checked_before_the_user_is_asked(demo: DemoCluster, harness: ToolHarness) -> None:
    async def cannot(*args: Any, **kwargs: Any) -> Any:
        from k8sconsole.cluster.port import AccessDecision

        return AccessDecision(False, "RBAC: not allowed")

    cluster = await harness.environment.open_cluster(harness.environment.selected()[0])

    class Narrow:
        """The same cluster for a user without permission to delete."""

        can_i = staticmethod(cannot)

        def __getattr__(self, name: str) -> Any:
            return getattr(cluster, name)

    async def narrow(context: Any) -> Any:
        return Narrow()

    pipeline = Pipeline(harness.pipeline.registry, replace(harness.environment, open_cluster=narrow))
    outcome = await pipeline.call(ToolCall("k8s_delete_resource", {"kind": "pods", "name": "x", "namespace": "shop"}, Face.TUI))
    assert isinstance(outcome.error, Forbidden)
    assert not harness.questions
