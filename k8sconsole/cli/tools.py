"""``k8sconsole tools``: the catalogue from a shell. A call goes through policy, audit and masking like any other."""

import difflib
import sys
from typing import Annotated, Any

import msgspec
import typer

from k8sconsole.cli.completing import pairs, tools
from k8sconsole.cli.opening import settings_with, with_console
from k8sconsole.cli.options import AsJson, Contexts, Db
from k8sconsole.cli.output import print_json, print_table, say
from k8sconsole.errors import ApprovalDenied, UsageError
from k8sconsole.model.attached_servers import TOOL_NAME_SEPARATOR, AttachedServerState, AttachedServerStatus
from k8sconsole.model.tools import Answer, Face, Question

app = typer.Typer(add_completion=False, rich_markup_mode=None, no_args_is_help=True, help="List, explain and call the tools.")


@app.command("list", epilog="Example: k8sconsole tools list --json")
def list_tools(db: Db = None, as_json: AsJson = False) -> None:
    """Every tool: what it does, what it risks, how often it was used."""

    async def work(console: Any) -> Any:
        _tell_lost(await console.outside.settle())
        return console.tools(), await console.tool_usage()

    specs, usage = with_console(work, loaded=_loaded(db), offline=True)
    counts = {one.tool_name: one for one in usage}
    if as_json:
        print_json([{**spec.describe(), "usage": counts.get(spec.name)} for spec in specs])
        return
    rows = [
        (spec.name, spec.toolset, spec.risk.value, str(counts[spec.name].usage_count if spec.name in counts else 0), spec.title)
        for spec in specs
    ]
    print_table(("TOOL", "TOOLSET", "RISK", "USED", "DOES"), rows, right=frozenset({3}))


@app.command(epilog="Example: k8sconsole tools show k8s_list_pods")
def show(name: Annotated[str, typer.Argument(help="A tool's name.", autocompletion=tools)], db: Db = None) -> None:
    """One tool: description, parameters, capabilities, annotations."""

    async def work(console: Any) -> Any:
        await _attach_for(console, name)
        return console.tool(name)

    print_json(with_console(work, loaded=_loaded(db), offline=True).describe())


@app.command(epilog="Example: k8sconsole tools call k8s_list_pods namespace=shop limit=5")
def call(
    name: Annotated[str, typer.Argument(help="A tool's name.", autocompletion=tools)],
    arguments: Annotated[
        list[str] | None,
        typer.Argument(help="key=value; a value that is JSON is taken as JSON.", metavar="[KEY=VALUE]…", autocompletion=pairs),
    ] = None,
    json_args: Annotated[str, typer.Option("--json-args", help="All arguments as one JSON object.", metavar="J")] = "",
    yes: Annotated[
        bool, typer.Option("--yes", help="Answer yes to a plain question; a name that must be typed is still asked for.")
    ] = False,
    context: Contexts = None,
    db: Db = None,
    as_json: AsJson = False,
) -> None:
    """Call a tool. What policy wants asked is asked on the terminal; without a terminal the answer is no."""

    async def work(console: Any) -> Any:
        console.approvals.subscribe(lambda question: console.approvals.answer(question.request_id, _ask(question, yes)))
        await _attach_for(console, name)
        return await console.call(name, parse_arguments(arguments or [], json_args), face=Face.CLI), console.clock.now()

    outcome, now = with_console(work, loaded=_loaded(db), contexts=context)
    if outcome.error is not None and not as_json:
        raise outcome.error
    if as_json:
        print_json(outcome.structured(now))
        if outcome.error is not None:
            raise typer.Exit(outcome.error.exit_code)
        return
    sys.stdout.write(outcome.text.rstrip("\n") + "\n")
    for warning in outcome.warnings:
        say(f"warning: {warning}")


@app.command(epilog="Example: k8sconsole tools servers")
def servers(db: Db = None, as_json: AsJson = False) -> None:
    """The attached MCP servers: how each is, and which of its tools changed since they were trusted."""
    states = with_console(lambda console: console.outside.settle(), loaded=_loaded(db), offline=True)
    if as_json:
        print_json(states)
        return
    if not states:
        say("no MCP server is attached; name some in mcp_servers: in k8sconsole.yaml")
    rows = [
        (
            state.name,
            state.transport,
            state.state.value,
            str(state.tools),
            state.detail or (f"held: {', '.join(state.held)}" * bool(state.held)),
        )
        for state in states
    ]
    print_table(("SERVER", "BY", "STATE", "TOOLS", "NOTE"), rows, right=frozenset({3}))


@app.command(epilog="Example: k8sconsole tools trust files__read_file")
def trust(
    name: Annotated[str, typer.Argument(help="A tool that is held because it changed.", autocompletion=tools)],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    db: Db = None,
) -> None:
    """Look at what changed in a tool of an attached server since it was trusted, and trust it as it is now."""

    async def work(console: Any) -> Any:
        await _attach_for(console, name)
        held_definitions = console.outside.held_definitions(name) if TOOL_NAME_SEPARATOR in console.tool(name).name else None
        if held_definitions is None:
            say(f"{name} is not held")
            return
        for line in changed_lines(*held_definitions):
            say(line)
        if not yes and not (sys.stdin.isatty() and typer.confirm("trust it as it is now?", default=False, err=True)):
            raise ApprovalDenied(f"{name} is still held", "nobody said yes", "--yes")
        await console.outside.trust(name)
        say(f"{name} is trusted as it is now")

    with_console(work, loaded=_loaded(db), offline=True)


def changed_lines(before: str, now: str) -> list[str]:
    """The lines in which two definitions differ, behind - and +."""
    old, new = (msgspec.json.format(text, indent=2).splitlines() for text in (before, now))
    return [line for line in difflib.unified_diff(old, new, lineterm="", n=1) if not line.startswith(("---", "+++", "@@"))]


async def _attach_for(console: Any, tool: str) -> None:
    """Only where the tool is an attached server's."""
    server, joint, _ = tool.partition(TOOL_NAME_SEPARATOR)
    if joint:
        _tell_lost([state for state in await console.outside.settle() if state.name == server])


def _tell_lost(states: list[AttachedServerStatus]) -> None:
    for state in states:
        if state.state is not AttachedServerState.READY:
            say(f"warning: the attached server {state.name} is {state.state.value}" + (f" — {state.detail}" if state.detail else ""))


def parse_arguments(pairs: list[str], json_args: str) -> dict[str, Any]:
    """Raises UsageError for what is neither key=value nor a JSON object."""
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
        found[key] = _value(value)
    return found


def _value(text: str) -> Any:
    try:
        return msgspec.json.decode(text.encode())
    except msgspec.DecodeError:
        return text


def _loaded(db: Any) -> Any:
    return settings_with({"cache.db_path": str(db) if db else None})


def _ask(question: Question, yes: bool) -> Answer:
    """On the terminal; the safe answer is the default."""
    if yes and not question.confirm_word:
        return Answer(True, by="--yes")
    if not sys.stdin.isatty():
        return Answer(False, by="no terminal to ask on")
    for line in (question.title, *question.objects, *question.consequences, question.dry_run, question.undo):
        if line:
            say(f"  {line}")
    if question.confirm_word:
        word = typer.prompt(f"type {question.confirm_word} to go on", default="", show_default=False, err=True)
        return Answer(word == question.confirm_word, word=word, by="terminal")
    return Answer(typer.confirm("go on?", default=False, err=True), by="terminal")
