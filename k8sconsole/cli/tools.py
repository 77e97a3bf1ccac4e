"""``k8sconsole tools``: the tool catalogue from a shell. A call passes policy, audit and masking like any other."""

import difflib
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from k8sconsole.cli.completion import pairs, tools
from k8sconsole.cli.options import AsJson, Contexts, Db
from k8sconsole.cli.output import print_json, print_table, print_text, say
from k8sconsole.cli.session import settings_for, with_console
from k8sconsole.errors import ApprovalDenied, UsageError
from k8sconsole.kit.text import escape_control
from k8sconsole.model.attached_servers import TOOL_NAME_SEPARATOR, AttachedServerState, AttachedServerStatus
from k8sconsole.model.cache_records import ToolUsage
from k8sconsole.model.question_view import Role, view_question
from k8sconsole.model.tools import Answer, Face, Question, ToolDescription, ToolOutcome

if TYPE_CHECKING:
    from k8sconsole.runtime.api import ConsoleApi

app = typer.Typer(add_completion=False, rich_markup_mode=None, no_args_is_help=True, help="List, explain and call the tools.")


@app.command("list", epilog="Example: k8sconsole tools list --json")
def list_tools(db: Db = None, as_json: AsJson = False) -> None:
    """List every tool: what it does, its risk, how often it was used."""

    async def work(console: "ConsoleApi") -> tuple[list[ToolDescription], list[ToolUsage]]:
        _warn_of_lost(await console.tools.connect_servers())
        return await console.tools.offered(), await console.tools.usage()

    offered, usage = with_console(work, loaded=settings_for(db), offline=True)
    by_name = {each.tool_name: each for each in usage}
    if as_json:
        print_json([{**msgspec.to_builtins(tool), "usage": by_name.get(tool.name)} for tool in offered])
        return
    rows = [
        (tool.name, tool.toolset, tool.risk.value, str(by_name[tool.name].usage_count if tool.name in by_name else 0), tool.title)
        for tool in offered
    ]
    print_table(("TOOL", "TOOLSET", "RISK", "USED", "DOES"), rows, right=frozenset({3}))


@app.command(epilog="Example: k8sconsole tools show k8s_list_pods")
def show(name: Annotated[str, typer.Argument(help="A tool's name.", autocompletion=tools)], db: Db = None) -> None:
    """Show one tool: description, parameters, capabilities, annotations."""

    async def work(console: "ConsoleApi") -> ToolDescription:
        await _connect_server_of(console, name)
        return await console.tools.describe(name)

    print_json(with_console(work, loaded=settings_for(db), offline=True))


@app.command(epilog="Example: k8sconsole tools call k8s_list_pods namespace=shop limit=5")
def call(
    name: Annotated[str, typer.Argument(help="A tool's name.", autocompletion=tools)],
    arguments: Annotated[
        list[str] | None,
        typer.Argument(help="key=value; a value that is JSON is read as JSON.", metavar="[KEY=VALUE]…", autocompletion=pairs),
    ] = None,
    json_args: Annotated[str, typer.Option("--json-args", help="All arguments as one JSON object.", metavar="J")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Answer yes, except where a name must be typed.")] = False,
    context: Contexts = None,
    db: Db = None,
    as_json: AsJson = False,
) -> None:
    """Call a tool. A question that policy requires is asked on the terminal; without a terminal the answer is no."""

    async def work(console: "ConsoleApi") -> tuple[ToolOutcome, float]:
        questions = QuestionsOnTerminal(console, yes)
        await _connect_server_of(console, name)
        outcome = await console.tools.call(name, parse_arguments(arguments or [], json_args), face=Face.CLI)
        await questions.close()
        return outcome, console.clock.now()

    outcome, now = with_console(work, loaded=settings_for(db), contexts=context)
    if outcome.error is not None and not as_json:
        raise outcome.error
    if as_json:
        print_json(outcome.structured(now))
        if outcome.error is not None:
            raise typer.Exit(outcome.error.exit_code)
        return
    print_text(outcome.text)
    for warning in outcome.warnings:
        say(f"warning: {warning}")
    for reason in outcome.freshness.missing if outcome.freshness else ():
        say(f"missing: {reason}")


@app.command(epilog="Example: k8sconsole tools servers")
def servers(
    wait: Annotated[float, typer.Option("--wait", help="Seconds to wait for a server that does not answer.", metavar="S", min=0)] = 3.0,
    db: Db = None,
    as_json: AsJson = False,
) -> None:
    """Show the attached MCP servers: their state, and which of their tools changed since they were trusted."""

    async def work(console: "ConsoleApi") -> list[AttachedServerStatus]:
        return await console.tools.connect_servers(wait)

    states = with_console(work, loaded=settings_for(db), offline=True)
    if as_json:
        print_json(states)
        return
    if not states:
        say("no MCP server is attached (try: mcp_servers: in k8sconsole.yaml)")
    rows = [(state.name, state.transport, state.state.value, str(state.tools), _server_note(state)) for state in states]
    print_table(("SERVER", "BY", "STATE", "TOOLS", "NOTE"), rows, right=frozenset({3}))


@app.command(epilog="Example: k8sconsole tools trust files__read_file")
def trust(
    name: Annotated[str, typer.Argument(help="A tool that is held because it changed.", autocompletion=tools)],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    db: Db = None,
) -> None:
    """Show what changed in a tool of an attached server since it was trusted, and trust its new definition."""

    async def work(console: "ConsoleApi") -> None:
        await _connect_server_of(console, name)
        changed = await console.tools.changed_definition(name)
        if changed is None:
            say(f"{name} is not held")
            return
        for line in changed_lines(*changed):
            say(line)
        if not yes and not (sys.stdin.isatty() and typer.confirm("trust the new definition?", default=False, err=True)):
            raise ApprovalDenied(f"{name} is still held", "the question was not answered with yes", "--yes")
        await console.tools.trust(name)
        say(f"{name} is trusted with its new definition")

    with_console(work, loaded=settings_for(db), offline=True)


def changed_lines(before: str, now: str) -> list[str]:
    """The lines in which two JSON definitions differ, prefixed with - and +."""
    old, new = (msgspec.json.format(text, indent=2).splitlines() for text in (before, now))
    return [line for line in difflib.unified_diff(old, new, lineterm="", n=1) if not line.startswith(("---", "+++", "@@"))]


async def _connect_server_of(console: "ConsoleApi", tool: str) -> None:
    """Connects the attached server where the tool's name is one of its; all where no server has that name, to find the nearest."""
    server, joint, _ = tool.partition(TOOL_NAME_SEPARATOR)
    if joint and not await console.tools.connect_server(server):
        await console.tools.connect_servers()


def _warn_of_lost(states: Sequence[AttachedServerStatus]) -> None:
    for state in states:
        if state.state is not AttachedServerState.READY:
            say(f"warning: the attached server {state.name} is {state.state.value}" + (f" — {state.detail}" if state.detail else ""))


def _server_note(state: AttachedServerStatus) -> str:
    return state.detail or (f"held: {', '.join(state.held)}" if state.held else "")


def parse_arguments(pairs: Sequence[str], json_args: str) -> dict[str, Any]:
    """Raises UsageError for a pair that is not key=value, and for ``json_args`` that is not a JSON object."""
    found: dict[str, Any] = {}
    if json_args:
        try:
            found.update(msgspec.json.decode(json_args.encode(), type=dict))
        except (msgspec.DecodeError, msgspec.ValidationError) as cause:
            raise UsageError("--json-args", f"not a JSON object: {cause}", """--json-args '{"namespace": "shop"}'""") from cause
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise UsageError(f"argument {pair!r}", "key=value was expected", f"{key or 'namespace'}=…")
        found[key] = _parse_value(value)
    return found


def _parse_value(text: str) -> Any:
    try:
        return msgspec.json.decode(text.encode())
    except msgspec.DecodeError:
        return text


_MARKS = {Role.DANGER: "! ", Role.CONSEQUENCE: "- "}


class QuestionsOnTerminal:
    """Answers the console's questions on the terminal. yes: answer yes without asking, except where a name must be typed."""

    def __init__(self, console: "ConsoleApi", yes: bool) -> None:
        from k8sconsole.kit.aio import BackgroundTasks

        self._console = console
        self._yes = yes
        self._tasks = BackgroundTasks()
        self._unsubscribe = console.events.subscribe_questions(lambda question: self._tasks.start(self._answer(question)))

    async def close(self) -> None:
        self._unsubscribe()
        await self._tasks.close()

    async def _answer(self, question: Question) -> None:
        await self._console.events.answer(question.request_id, ask_on_terminal(question, self._yes))


def ask_on_terminal(question: Question, yes: bool) -> Answer:
    """Blocks until a person answers. The default is no; without a terminal the answer is no."""
    if yes and not question.confirm_word:
        return Answer(True, by="--yes")
    if not sys.stdin.isatty():
        return Answer(False, by="no terminal to ask on", asked=False)
    view = view_question(question)
    for line in (question.title, *(f"{_MARKS.get(line.role, '')}{line.words}" for line in view.lines)):
        say(f"  {line}")
    asked = f"type {escape_control(question.confirm_word)} to continue" if question.confirm_word else "continue? [y/N]"
    folded = f" (? shows all {len(view.change):,} lines)" if view.folded else ""
    while True:
        word = typer.prompt(f"{asked}{folded}", default="", show_default=False, err=True).strip()
        if word != "?":
            break
        for text in view.change:
            say(f"  {text}")
    if question.confirm_word:
        return Answer(word == question.confirm_word, word=word, by="terminal")
    return Answer(word.lower() in ("y", "yes"), by="terminal")
