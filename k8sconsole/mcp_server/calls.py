"""One ``tools/call`` from arrival to result, with a question to the user in between where policy wants one.

Up to 2025-11-25 the question is a request of the server to the client. From 2026-07-28 on there are none of those: the call is answered
with the question, keeps waiting here, and goes on when the client calls again with the answer and the token it was given.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import mcp_types as types
from mcp.server import ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from k8sconsole.errors import PolicyDenied, UnknownTool
from k8sconsole.mcp_server.console import Console
from k8sconsole.mcp_server.presenting import answered
from k8sconsole.mcp_server.questions import CANNOT_ASK, answer_of, form
from k8sconsole.model.tools import Answer, Face, Question, ToolCall, ToolOutcome

Context = ServerRequestContext[Any, Any]
Result = types.CallToolResult | types.InputRequiredResult
APPROVAL = "approval"
INVALID_PARAMS = -32602
MOST_WAITING = 64


class Reporter:
    """Progress on its way to whichever request of the client waits for the call at the moment."""

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx

    async def __call__(self, done: float, total: float | None, message: str) -> None:
        await self.ctx.session.report_progress(done, total, message)


class Waiting:
    """A call that has asked its question and waits for the client to come back."""

    def __init__(self, call: ToolCall, task: "asyncio.Task[ToolOutcome]", question: Question, reporter: Reporter) -> None:
        self.call = call
        self.task = task
        self.question = question
        self.reporter = reporter


class Calls:
    def __init__(self, console: Console, toolsets: tuple[str, ...] = ()) -> None:
        self._console = console
        self._toolsets = toolsets
        self._asking: dict[str, Callable[[Question], None]] = {}
        self._waiting: dict[str, Waiting] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._unsubscribe = console.approvals.subscribe(self._asked)

    def close(self) -> None:
        """Whatever still waits for an answer is given up."""
        self._unsubscribe()
        for waiting in self._waiting.values():
            waiting.task.cancel()

    def offered(self) -> list[Any]:
        return [tool for tool in self._console.tools() if not self._toolsets or tool.toolset in self._toolsets]

    async def call(self, ctx: Context, params: types.CallToolRequestParams) -> Result:
        """Raises MCPError for an unknown tool, and for a token that is not, or no longer, waited for."""
        if params.request_state is not None:
            return await self._resume(ctx, params)
        call = ToolCall(params.name, params.arguments or {}, Face.MCP, _caller(ctx), uuid4().hex)
        refused = self._refused(call)
        if refused is not None:
            return answered(refused, self._console.clock.now())
        if ctx.protocol_version in MODERN_PROTOCOL_VERSIONS:
            return await self._modern(ctx, call)
        return await self._handshake(ctx, call)

    async def read(self, ctx: Context, tool: str, arguments: dict[str, Any]) -> ToolOutcome:
        """For what is read by address: nobody is asked anything."""
        call = ToolCall(tool, arguments, Face.MCP, _caller(ctx), uuid4().hex)
        refused = self._refused(call)
        return await self._console.act(call, Reporter(ctx)) if refused is None else refused

    def _refused(self, call: ToolCall) -> ToolOutcome | None:
        """A tool that exists but is switched off by the choice of toolsets."""
        try:
            tool = self._console.tool(call.tool)
        except UnknownTool as problem:
            raise MCPError(INVALID_PARAMS, f"{problem.title}: {problem.detail}", problem.details) from problem
        if not self._toolsets or tool.toolset in self._toolsets:
            return None
        error = PolicyDenied(f"{tool.name} is not allowed", f"the toolset {tool.toolset} is switched off", f"--toolsets {tool.toolset}")
        return ToolOutcome(tool.name, call.request_id, error=error)

    async def _handshake(self, ctx: Context, call: ToolCall) -> Result:
        async def ask(question: Question) -> Answer:
            if not _can_ask(ctx):
                return Answer(False, by=CANNOT_ASK)
            asked = form(question)
            given = await ctx.session.elicit_form(asked.message, asked.requested_schema, ctx.request_id)
            return answer_of(question, given.action, given.content)

        with self._listening(call, lambda question: self._later(self._relay(question, ask))):
            outcome = await self._console.act(call, Reporter(ctx))
        return answered(outcome, self._console.clock.now())

    async def _relay(self, question: Question, ask: Callable[[Question], Awaitable[Answer]]) -> None:
        try:
            answer = await ask(question)
        except MCPError as problem:
            answer = Answer(False, by=f"the client: {problem.message}")
        self._console.approvals.answer(question.request_id, answer)

    async def _modern(self, ctx: Context, call: ToolCall) -> Result:
        asked: asyncio.Future[Question] = asyncio.get_running_loop().create_future()
        listen = self._listening(call, asked.set_result)
        reporter = Reporter(ctx)
        task = asyncio.create_task(self._acted(listen, call, reporter))
        try:
            either: set[asyncio.Future[Any]] = {task, asked}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            task.cancel()
            raise
        if task.done():
            return answered(task.result(), self._console.clock.now())
        if not _can_ask(ctx) or len(self._waiting) >= MOST_WAITING:
            self._console.approvals.answer(call.request_id, Answer(False, by=CANNOT_ASK))
            return answered(await task, self._console.clock.now())
        return self._put(Waiting(call, task, asked.result(), reporter))

    async def _acted(self, listen: contextlib.AbstractContextManager[None], call: ToolCall, reporter: Reporter) -> ToolOutcome:
        with listen:
            return await self._console.act(call, reporter)

    def _put(self, waiting: Waiting) -> types.InputRequiredResult:
        """Without an answer in time the question is answered no below, the task ends, and the token with it."""
        token = uuid4().hex
        self._waiting[token] = waiting
        waiting.task.add_done_callback(lambda _: self._waiting.pop(token, None))
        request = types.ElicitRequest(params=form(waiting.question))
        return types.InputRequiredResult(input_requests={APPROVAL: request}, request_state=token)

    async def _resume(self, ctx: Context, params: types.CallToolRequestParams) -> Result:
        waiting = self._waiting.pop(params.request_state or "", None)
        if waiting is None or (waiting.call.tool, waiting.call.arguments) != (params.name, params.arguments or {}):
            raise MCPError(INVALID_PARAMS, "this call does not wait for an answer: it was answered, took too long, or was another call")
        waiting.reporter.ctx = ctx
        given = (params.input_responses or {}).get(APPROVAL)
        if isinstance(given, types.ElicitResult):
            answer = answer_of(waiting.question, given.action, given.content)
        else:
            answer = Answer(False, by="the client gave no answer")
        self._console.approvals.answer(waiting.call.request_id, answer)
        return answered(await waiting.task, self._console.clock.now())

    @contextlib.contextmanager
    def _listening(self, call: ToolCall, listener: Callable[[Question], None]) -> Any:
        self._asking[call.request_id] = listener
        try:
            yield
        finally:
            self._asking.pop(call.request_id, None)

    def _asked(self, question: Question) -> None:
        listener = self._asking.get(question.request_id)
        if listener is not None:
            listener(question)

    def _later(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _can_ask(ctx: Context) -> bool:
    known = ctx.session.client_capabilities
    return known is not None and known.elicitation is not None


def _caller(ctx: Context) -> str:
    """The client's own name for itself: a claim, good enough to be told apart in the audit."""
    known = ctx.session.client_params
    return f"mcp:{known.client_info.name}"[:80] if known is not None else "mcp"
