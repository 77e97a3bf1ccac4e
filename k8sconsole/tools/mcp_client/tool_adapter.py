"""Adapts the tools of an attached server to the registry: name, arguments, risk, and the form of the reply.

What a server declares about its tools is not trusted. A tool counts as reading only if the setting ``reads`` names it. Every other tool
requires approval.
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
from k8sconsole.kit.redact import mask_text
from k8sconsole.kit.text import strip_control
from k8sconsole.kit.yaml_text import format_yaml
from k8sconsole.model.attached_servers import TOOL_NAME_SEPARATOR, AttachedServerSettings
from k8sconsole.model.dangers.danger import Danger, format_dangers
from k8sconsole.model.dangers.finder import find_dangers
from k8sconsole.model.freshness import Freshness, Source
from k8sconsole.model.masking import mask_arguments
from k8sconsole.model.refs import ClusterName
from k8sconsole.model.resources import BUILTIN
from k8sconsole.model.tools import Capabilities, Page, Risk, Scope
from k8sconsole.tools.context import Progress, ToolContext
from k8sconsole.tools.mcp_client.argument_check import check_arguments, schema_problem
from k8sconsole.tools.mcp_client.session import McpToolResult
from k8sconsole.tools.results import Proposal, Reply, Target
from k8sconsole.tools.spec import ToolSpec

LONGEST_NAME = 64
"""Characters of a tool's name that all MCP clients accept."""
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
_READING_VERBS = frozenset(_VERBS[:7])
_MANIFEST = re.compile(r"\b(?:kind|containers|spec)\b[\"']?\s*:")
_INVALID_IN_NAMES = re.compile(r"[^A-Za-z0-9_-]")
_WORDS = re.compile(r"[a-z]+")

CallTool = Callable[[str, dict[str, Any], Progress], Awaitable[McpToolResult]]
"""(the server's own name for the tool, arguments, progress)."""


class ForwardedArguments(msgspec.Struct):
    """The arguments, passed on unchanged."""

    arguments: dict[str, Any]


class AttachedToolSpec(ToolSpec, frozen=True, kw_only=True):
    """definition: everything the server declares about the tool, as JSON with sorted keys. Trust is bound to it."""

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


def adapt_tools(
    server: AttachedServerSettings, tools: Sequence[types.Tool], call_tool: CallTool
) -> tuple[list[AttachedToolSpec], list[str]]:
    """(the adapted tools, the rejected ones as ``name: reason``)."""
    found: dict[str, AttachedToolSpec] = {}
    rejected: list[str] = []
    for tool in tools:
        problem = schema_problem(tool.input_schema, LARGEST_SCHEMA)
        name = local_name(server.name, tool.name)
        if problem or name in found:
            rejected.append(f"{strip_control(tool.name)[:LONGEST_NAME]}: {problem or 'another tool has that name'}")
            continue
        found[name] = _build_spec(server, tool, name, call_tool)
    return list(found.values()), rejected


def local_name(server: str, tool: str) -> str:
    """``server__tool``, with characters that every client accepts. A name that is too long ends in a hash of the tool's name."""
    name = f"{server}{TOOL_NAME_SEPARATOR}{_INVALID_IN_NAMES.sub('_', tool)}"
    if len(name) <= LONGEST_NAME:
        return name
    return f"{name[: LONGEST_NAME - 9]}-{hashlib.sha256(tool.encode()).hexdigest()[:8]}"


def _build_spec(server: AttachedServerSettings, tool: types.Tool, name: str, call_tool: CallTool) -> AttachedToolSpec:
    is_reading = any(fnmatchcase(tool.name, pattern) for pattern in server.reads)
    summary = mask_text(strip_control(tool.description or "").strip())[:LONGEST_SUMMARY]

    async def call(given: ForwardedArguments, context: ToolContext) -> Reply:
        result = await call_tool(tool.name, given.arguments, context.progress)
        return convert_result(server.name, name, result, context.now)

    async def prepare(given: ForwardedArguments, context: ToolContext) -> Proposal:
        masked = mask_arguments(given.arguments)
        dangers = tuple(format_dangers(danger for value in masked.values() for danger in _argument_dangers(value)))
        return Proposal(_describe_call(server, tool, masked), _declared_risk(server, tool), format_yaml(masked), dangers=dangers)

    return AttachedToolSpec(
        name=name,
        title=strip_control(tool.title or tool.name)[:80],
        summary=f"[{server.name}] {summary}",
        input=ForwardedArguments,
        output=ForwardedArguments,
        risk=Risk.READ if is_reading else Risk.DESTRUCTIVE,
        capabilities=classify_tool(tool, reads=is_reading),
        toolset=server.name,
        handler=call,
        idempotent=is_reading,
        prepare=None if is_reading else prepare,
        service=server.name,
        parse_arguments=lambda arguments: (ForwardedArguments(check_arguments(name, tool.input_schema, arguments)), target_of(arguments)),
        schema=tool.input_schema,
        definition=tool_definition(tool),
    )


def tool_definition(tool: types.Tool) -> str:
    declared = tool.model_dump(mode="json", by_alias=True, include={"name", "title", "description", "input_schema", "annotations"})
    return msgspec.json.encode(declared, order="sorted").decode()


def classify_tool(tool: types.Tool, *, reads: bool) -> Capabilities:
    """Guess verb and kinds from the words of the tool's name. Only the catalogue and the matching of policy rules depend on it."""
    words = _WORDS.findall(tool.name.lower())
    verb = next((word for word in words if word in _VERBS and (reads or word not in _READING_VERBS)), "read" if reads else "write")
    kinds = tuple(dict.fromkeys(one.plural for word in words for one in BUILTIN if word == one.plural or word == one.singular))
    scope = Scope.NAMESPACE if "namespace" in (tool.input_schema.get("properties") or {}) else Scope.CLUSTER
    return Capabilities(kinds or ("*",), (verb,), scope, "object" if tool.output_schema else "text", cache_friendly=False)


def target_of(arguments: dict[str, Any]) -> Target:
    """The target of a call, for policy rules. Nothing is looked up, because the server may use clusters unknown here."""

    def word(key: str) -> str:
        value = arguments.get(key)
        return value if isinstance(value, str) else ""

    kind = word("kind")
    kinds = (kind, kind.lower(), f"{kind.lower()}s") if kind else ()
    namespaces = (word("namespace"),) if word("namespace") else ()
    return Target(ClusterName(word("context")), namespaces=namespaces, name=word("name"), kinds=kinds)


class _EnvelopeFreshness(msgspec.Struct):
    """The freshness in a reply of ``k8sconsole mcp``."""

    source: Source
    observed_at: str | None
    complete: bool
    missing: tuple[str, ...]


class _Envelope(msgspec.Struct):
    """A reply of ``k8sconsole mcp``."""

    data: Any
    freshness: _EnvelopeFreshness
    page: Page
    warnings: tuple[str, ...]


def convert_result(server: str, name: str, result: McpToolResult, now: float) -> Reply:
    """Raises ToolFailed with the server's text. A reply in the form of ``k8sconsole mcp`` keeps its own freshness."""
    text = strip_control(result.text)
    if result.failed:
        raise ToolFailed(f"{name} failed", mask_text(text)[:500] or "the server gave no reason", "", {"server": server, "tool": name})
    try:
        envelope = msgspec.convert(result.data, _Envelope)
        observed = parse_rfc3339(envelope.freshness.observed_at) if envelope.freshness.observed_at else None
    except (msgspec.ValidationError, ValueError):
        unknown = (f"age unknown: {server} does not report it",)
        return Reply({"text": text} if result.data is None else result.data, text, Freshness(Source.LIVE, now, False, unknown))
    freshness = Freshness(
        envelope.freshness.source, observed, envelope.freshness.complete, tuple(map(strip_control, envelope.freshness.missing))
    )
    return Reply(envelope.data, text, freshness, envelope.page, tuple(map(strip_control, envelope.warnings)))


def _argument_dangers(value: Any) -> list[Danger]:
    """The dangers of the manifests in an argument, also in one that is text: an unknown tool may send them to a cluster."""
    if isinstance(value, dict):
        return find_dangers(value)
    if isinstance(value, list):
        return [danger for item in value for danger in _argument_dangers(item)]
    if not isinstance(value, str) or not _MANIFEST.search(value[:LARGEST_SCHEMA]):
        return []
    import yaml

    try:
        return [danger for one in yaml.safe_load_all(value[:LARGEST_SCHEMA]) if isinstance(one, dict) for danger in find_dangers(one)]
    except yaml.YAMLError:
        return []


def _describe_call(server: AttachedServerSettings, tool: types.Tool, arguments: dict[str, Any]) -> tuple[str, ...]:
    lines = (f"{key} = {msgspec.json.encode(value).decode()[:200]}" for key, value in arguments.items())
    return (f"{strip_control(tool.name)} of the attached server {server.name}", *map(strip_control, lines))


def _declared_risk(server: AttachedServerSettings, tool: types.Tool) -> tuple[str, ...]:
    hints = tool.annotations
    claim = "declares nothing about what it changes"
    if hints is not None and hints.read_only_hint:
        claim = "declares that it only reads, which is not verified"
    elif hints is not None and hints.destructive_hint is False:
        claim = "declares that it is not destructive, which is not verified"
    return (f"its effects are unknown: {server.name} {claim}",)
