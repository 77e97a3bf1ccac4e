"""A tool of somebody else's server as one of the catalogue: its name, its arguments, its risk, what its answer says.

Nothing that a server says of its tools is taken for a fact. Whether one only reads is for a person to vouch for; every other asks.
"""

import hashlib
import re
from collections.abc import Awaitable, Callable, Sequence
from fnmatch import fnmatchcase
from typing import Any

import mcp_types as types
import msgspec

from k8sconsole.errors import ToolFailed
from k8sconsole.kit.clock import parse_rfc3339
from k8sconsole.kit.text import strip_control
from k8sconsole.model.attached_servers import TOOL_NAME_SEPARATOR, AttachedServerSettings
from k8sconsole.model.freshness import Freshness, Source
from k8sconsole.model.refs import ClusterName
from k8sconsole.model.resources import BUILTIN
from k8sconsole.model.tools import Capabilities, Page, Risk, Scope
from k8sconsole.tools.context import Progress, ToolContext
from k8sconsole.tools.mcp_client.argument_check import check_arguments, schema_problem
from k8sconsole.tools.mcp_client.session import McpToolResult
from k8sconsole.tools.results import Proposal, Reply, Target
from k8sconsole.tools.spec import ToolSpec

LONGEST_NAME = 64
"""What clients take for a tool's name, at most."""
LONGEST_SUMMARY = 1000
LARGEST_SCHEMA = 64_000
_VERBS = (
    "list",
    "get",
    "watch",
    "describe",
    "search",
    "query",
    "top",
    "create",
    "update",
    "apply",
    "patch",
    "scale",
    "delete",
    "exec",
    "run",
)
_LOOKS = frozenset(_VERBS[:7])
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_-]")
_WORDS = re.compile(r"[a-z]+")

Ask = Callable[[str, dict[str, Any], Progress], Awaitable[McpToolResult]]
"""(the server's own name for the tool, arguments, progress)."""


class ForwardedArguments(msgspec.Struct):
    """Arguments as they go on."""

    arguments: dict[str, Any]


class AttachedToolSpec(ToolSpec, frozen=True, kw_only=True):
    """definition: all that the server says of the tool, as JSON text in one order: what was looked at when it was trusted."""

    schema: dict[str, Any]
    definition: str

    def input_schema(self) -> dict[str, Any]:
        return self.schema

    def output_schema(self) -> dict[str, Any]:
        return {"type": "object"}

    def parameters(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        known = self.schema.get("properties") or {}
        required = tuple(one for one in self.schema.get("required") or () if one in known)
        return required, tuple(one for one in known if one not in required)

    def describe(self) -> dict[str, Any]:
        return {**super().describe(), "server": self.service, "held": self.held}


def adapt_tools(server: AttachedServerSettings, tools: Sequence[types.Tool], ask: Ask) -> tuple[list[AttachedToolSpec], list[str]]:
    """The tools that can be lent, and of each that cannot: its name and why."""
    found: dict[str, AttachedToolSpec] = {}
    left: list[str] = []
    for tool in tools:
        problem = schema_problem(tool.input_schema, LARGEST_SCHEMA)
        name = local_name(server.name, tool.name)
        if problem or name in found:
            left.append(f"{strip_control(tool.name)[:LONGEST_NAME]}: {problem or 'another tool answers to that name'}")
            continue
        found[name] = _spec(server, tool, name, ask)
    return list(found.values()), left


def local_name(server: str, tool: str) -> str:
    """``server__tool``, in letters that every client takes; one that is too long ends in a hash of itself."""
    name = f"{server}{TOOL_NAME_SEPARATOR}{_NOT_IN_NAMES.sub('_', tool)}"
    if len(name) <= LONGEST_NAME:
        return name
    return f"{name[: LONGEST_NAME - 9]}-{hashlib.sha256(tool.encode()).hexdigest()[:8]}"


def _spec(server: AttachedServerSettings, tool: types.Tool, name: str, ask: Ask) -> AttachedToolSpec:
    vouched = any(fnmatchcase(tool.name, pattern) for pattern in server.reads)
    summary = strip_control(tool.description or "").strip()[:LONGEST_SUMMARY]

    async def call(asked: ForwardedArguments, context: ToolContext) -> Reply:
        answer = await ask(tool.name, asked.arguments, context.progress)
        return convert_result(server.name, name, answer, context.now)

    async def prepare(asked: ForwardedArguments, context: ToolContext) -> Proposal:
        return Proposal(_about(server, tool, asked), _claims(server, tool))

    return AttachedToolSpec(
        name=name,
        title=strip_control(tool.title or tool.name)[:80],
        summary=f"[{server.name}] {summary}",
        input=ForwardedArguments,
        output=ForwardedArguments,
        risk=Risk.READ if vouched else Risk.DESTRUCTIVE,
        capabilities=classify_tool(tool, reads=vouched),
        toolset=server.name,
        handler=call,
        idempotent=vouched,
        prepare=None if vouched else prepare,
        service=server.name,
        parse_arguments=lambda arguments: (ForwardedArguments(check_arguments(name, tool.input_schema, arguments)), target_of(arguments)),
        schema=tool.input_schema,
        definition=tool_definition(tool),
    )


def tool_definition(tool: types.Tool) -> str:
    told = tool.model_dump(mode="json", by_alias=True, include={"name", "title", "description", "input_schema", "annotations"})
    return msgspec.json.encode(told, order="sorted").decode()


def classify_tool(tool: types.Tool, *, reads: bool) -> Capabilities:
    """By the words of its name: a guess, which only sorts the catalogue and lets rules about verbs and kinds catch it."""
    words = _WORDS.findall(tool.name.lower())
    verb = next((word for word in words if word in _VERBS and (reads or word not in _LOOKS)), "read" if reads else "write")
    kinds = tuple(dict.fromkeys(one.plural for word in words for one in BUILTIN if word == one.plural or word == one.singular))
    scope = Scope.NAMESPACE if "namespace" in (tool.input_schema.get("properties") or {}) else Scope.CLUSTER
    return Capabilities(kinds or ("*",), (verb,), scope, "object" if tool.output_schema else "text", cache_friendly=False)


def target_of(arguments: dict[str, Any]) -> Target:
    """What the words of a call name, for the rules: nothing of it is looked up, since the server's clusters need not be ours."""

    def word(key: str) -> str:
        value = arguments.get(key)
        return value if isinstance(value, str) else ""

    kind = word("kind")
    kinds = (kind, kind.lower(), f"{kind.lower()}s") if kind else ()
    namespaces = (word("namespace"),) if word("namespace") else ()
    return Target(ClusterName(word("context")), namespaces=namespaces, name=word("name"), kinds=kinds)


class _Told(msgspec.Struct):
    """How our own server says where an answer comes from."""

    source: Source
    observed_at: str | None
    complete: bool
    missing: tuple[str, ...]


class _Envelope(msgspec.Struct):
    """An answer of our own server."""

    data: Any
    freshness: _Told
    page: Page
    warnings: tuple[str, ...]


def convert_result(server: str, name: str, answer: McpToolResult, now: float) -> Reply:
    """Raises ToolFailed in the server's words. An answer that says how old it is, as ours do, is taken at its word."""
    text = strip_control(answer.text)
    if answer.failed:
        raise ToolFailed(f"{name} failed", text[:500] or "it does not say why", "", {"server": server, "tool": name})
    try:
        told = msgspec.convert(answer.data, _Envelope)
        observed = parse_rfc3339(told.freshness.observed_at) if told.freshness.observed_at else None
    except (msgspec.ValidationError, ValueError):
        unknown = (f"how old this is: {server} does not say",)
        return Reply({"text": text} if answer.data is None else answer.data, text, Freshness(Source.LIVE, now, False, unknown))
    freshness = Freshness(told.freshness.source, observed, told.freshness.complete, tuple(map(strip_control, told.freshness.missing)))
    return Reply(told.data, text, freshness, told.page, tuple(map(strip_control, told.warnings)))


def _about(server: AttachedServerSettings, tool: types.Tool, asked: ForwardedArguments) -> tuple[str, ...]:
    given = (f"{key} = {msgspec.json.encode(value).decode()[:200]}" for key, value in asked.arguments.items())
    return (f"{strip_control(tool.name)} of the attached server {server.name}", *map(strip_control, given))


def _claims(server: AttachedServerSettings, tool: types.Tool) -> tuple[str, ...]:
    hints = tool.annotations
    claim = "says nothing of what it changes"
    if hints is not None and hints.read_only_hint:
        claim = "says that it only reads; nobody has vouched for that"
    elif hints is not None and hints.destructive_hint is False:
        claim = "says that it destroys nothing; nobody has vouched for that"
    return (f"what it does is {server.name}'s affair: it {claim}",)
