"""One ``tools/call`` from request to result, with a question to the user in between where policy requires one.

Up to protocol 2025-11-25 the question is a request from the server to the client. From 2026-07-28 on there are no such requests: the
result of the call is the question, the call waits here, and it continues when the client calls again with the answer and its token.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from typing import Any
from uuid import uuid4

import mcp_types as types
from mcp.server import ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from k8sconsole.errors import ConsoleError, PolicyDenied, UnknownTool
from k8sconsole.mcp_server.questions import CANNOT_ASK, parse_answer, question_form, wants_more
from k8sconsole.mcp_server.tool_results import call_result
from k8sconsole.model.tools import Answer, Face, Question, ToolCall, ToolDescription, ToolOutcome
from k8sconsole.runtime.api import ConsoleApi

Context = ServerRequestContext[Any, Any]
Result = types.CallToolResult | types.InputRequiredResult
APPROVAL = "approval"
INVALID_PARAMS = -32602
MOST_PENDING = 64
NOT_PENDING = "this call does not wait for an answer — it was answered before, timed out, or was another call (try: call the tool again)"


class ProgressReporter:
    """Sends progress to the client's request that waits for the call at the moment."""

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx

    async def __call__(self, done: float, total: float | None, message: str) -> None:
        await self.ctx.session.report_progress(done, total, message)


class PendingCall:
    """A call whose question is with the client; it waits for the next request with the answer. page: of the question, as it was sent."""

    def __init__(self, call: ToolCall, task: "asyncio.Task[ToolOutcome]", question: Question, reporter: ProgressReporter) -> None:
        self.call = call
        self.task = task
        self.question = question
        self.reporter = reporter
        self.page = 0


class Calls:
    """All calls of one server. toolsets: only these are allowed; none means all."""

    def __init__(self, console: ConsoleApi, toolsets: tuple[str, ...] = ()) -> None:
        self._console = console
        self._toolsets = toolsets
        self._asking: dict[str, Callable[[Question], None]] = {}
        self._pending: dict[str, PendingCall] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._unsubscribe = console.events.subscribe_questions(self._route_question)

    def close(self) -> None:
        """Cancels every call that still waits for an answer."""
        self._unsubscribe()
        for pending in self._pending.values():
            pending.task.cancel()

    async def offered(self) -> list[ToolDescription]:
        return [tool for tool in await self._console.tools.offered() if not self._toolsets or tool.toolset in self._toolsets]

    async def call(self, ctx: Context, params: types.CallToolRequestParams) -> Result:
        """Raises MCPError for an unknown tool, and for a token of no pending call."""
        if params.request_state is not None:
            return await self._resume(ctx, params)
        call = ToolCall(params.name, params.arguments or {}, Face.MCP, _caller(ctx), uuid4().hex)
        refused = await self._refuse_toolset(call)
        if refused is not None:
            return call_result(refused, self._console.clock.now())
        if ctx.protocol_version in MODERN_PROTOCOL_VERSIONS:
            return await self._modern(ctx, call)
        return await self._handshake(ctx, call)

    async def read(self, ctx: Context, tool: str, arguments: dict[str, Any]) -> ToolOutcome:
        """For a resource read by its address. No question is asked."""
        call = ToolCall(tool, arguments, Face.MCP, _caller(ctx), uuid4().hex)
        refused = await self._refuse_toolset(call)
        return await self._console.tools.run(call, ProgressReporter(ctx)) if refused is None else refused

    async def _refuse_toolset(self, call: ToolCall) -> ToolOutcome | None:
        """The outcome for a tool whose toolset is not served; None where it is. Raises MCPError for an unknown tool."""
        try:
            tool = await self._console.tools.describe(call.tool)
        except UnknownTool as problem:
            raise MCPError(INVALID_PARAMS, f"{problem.title}: {problem.detail}", problem.details) from problem
        except ConsoleError as problem:  # a tool of an attached server that has not answered
            return ToolOutcome(call.tool, call.request_id, error=problem)
        if not self._toolsets or tool.toolset in self._toolsets:
            return None
        error = PolicyDenied(f"{tool.name} is not allowed", f"the toolset {tool.toolset} is not served", f"--toolsets {tool.toolset}")
        return ToolOutcome(tool.name, call.request_id, error=error)

    async def _handshake(self, ctx: Context, call: ToolCall) -> Result:
        async def ask(question: Question) -> Answer:
            if not _can_ask(ctx):
                return Answer(False, by=CANNOT_ASK, asked=False)
            page = 0
            while True:
                form = question_form(question, page)
                given = await ctx.session.elicit_form(form.message, form.requested_schema, ctx.request_id)
                if not wants_more(question, page, given.action, given.content):
                    return parse_answer(question, given.action, given.content)
                page += 1

        with self._listening(call, lambda question: self._start_task(self._relay(question, ask))):
            outcome = await self._console.tools.run(call, ProgressReporter(ctx))
        return call_result(outcome, self._console.clock.now())

    async def _relay(self, question: Question, ask: Callable[[Question], Awaitable[Answer]]) -> None:
        try:
            answer = await ask(question)
        except MCPError as problem:
            answer = Answer(False, by=f"the client: {problem.message}")
        await self._console.events.answer(question.request_id, answer)

    async def _modern(self, ctx: Context, call: ToolCall) -> Result:
        question: asyncio.Future[Question] = asyncio.get_running_loop().create_future()
        listen = self._listening(call, question.set_result)
        reporter = ProgressReporter(ctx)
        task = asyncio.create_task(self._run_listening(listen, call, reporter))
        try:
            either: set[asyncio.Future[Any]] = {task, question}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            task.cancel()
            raise
        if task.done():
            return call_result(task.result(), self._console.clock.now())
        if not _can_ask(ctx) or len(self._pending) >= MOST_PENDING:
            await self._console.events.answer(call.request_id, Answer(False, by=CANNOT_ASK, asked=False))
            return call_result(await task, self._console.clock.now())
        return self._hold(PendingCall(call, task, question.result(), reporter))

    async def _run_listening(
        self, listen: contextlib.AbstractContextManager[None], call: ToolCall, reporter: ProgressReporter
    ) -> ToolOutcome:
        with listen:
            return await self._console.tools.run(call, reporter)

    def _hold(self, pending: PendingCall) -> types.InputRequiredResult:
        """Without an answer in time the approval becomes a no; the task then ends, and with it the token."""
        token = uuid4().hex
        self._pending[token] = pending
        pending.task.add_done_callback(lambda _: self._pending.pop(token, None))
        request = types.ElicitRequest(params=question_form(pending.question, pending.page))
        return types.InputRequiredResult(input_requests={APPROVAL: request}, request_state=token)

    async def _resume(self, ctx: Context, params: types.CallToolRequestParams) -> Result:
        pending = self._pending.pop(params.request_state or "", None)
        if pending is None or (pending.call.tool, pending.call.arguments) != (params.name, params.arguments or {}):
            raise MCPError(INVALID_PARAMS, NOT_PENDING)
        pending.reporter.ctx = ctx
        given = (params.input_responses or {}).get(APPROVAL)
        if isinstance(given, types.ElicitResult) and wants_more(pending.question, pending.page, given.action, given.content):
            pending.page += 1
            return self._hold(pending)
        if isinstance(given, types.ElicitResult):
            answer = parse_answer(pending.question, given.action, given.content)
        else:
            answer = Answer(False, by="the client gave no answer")
        await self._console.events.answer(pending.call.request_id, answer)
        return call_result(await pending.task, self._console.clock.now())

    @contextlib.contextmanager
    def _listening(self, call: ToolCall, listener: Callable[[Question], None]) -> Iterator[None]:
        self._asking[call.request_id] = listener
        try:
            yield
        finally:
            self._asking.pop(call.request_id, None)

    def _route_question(self, question: Question) -> None:
        listener = self._asking.get(question.request_id)
        if listener is not None:
            listener(question)

    def _start_task(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _can_ask(ctx: Context) -> bool:
    known = ctx.session.client_capabilities
    return known is not None and known.elicitation is not None


def _caller(ctx: Context) -> str:
    """The client's own name for itself. It is only a claim, and identifies the client in the audit."""
    known = ctx.session.client_params
    return f"mcp:{known.client_info.name}"[:80] if known is not None else "mcp"
