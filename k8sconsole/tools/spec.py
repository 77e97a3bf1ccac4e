"""The declaration of a tool. Forms, MCP schemas, shell help and agents all derive from it."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from functools import cache
from typing import Any

import msgspec

from k8sconsole.model.tools import Capabilities, Risk, ToolDescription
from k8sconsole.store.port import ToolRecord
from k8sconsole.tools.context import ToolContext
from k8sconsole.tools.results import Proposal, Reply, Target

Handler = Callable[[Any, ToolContext], Awaitable[Reply]]
Preparation = Callable[[Any, ToolContext], Awaitable[Proposal]]
Resolver = Callable[[Any, ToolContext], Awaitable[Any]]
ArgumentParser = Callable[[dict[str, Any]], tuple[Any, Target]]
Streamer = Callable[[Any, ToolContext], AsyncGenerator[str, None]]


class ToolSpec(msgspec.Struct, frozen=True):
    """One tool. Every face derives its form, schema or help text from it.

    summary: tells a model when to use the tool, and when not. input, output: msgspec Structs. prepare: makes the proposal that the approval
    question shows; only changes have one. stream: the output as endless lines, for faces that can follow. kind: the resource of a tool
    about one kind; other tools have a parameter ``kind``. idempotent: whether a second equal call has no further effect.
    rbac: what the access review names, if not the kind itself: ``jobs.batch``, or ``/scale`` for a subresource of the kind.
    named: whether the approver must type the object's name. locate: completes the input before policy judges it.
    service: the attached server that provides the tool, empty for a built-in one. parse_arguments: makes the input and the target of such
    a tool. held: why the tool may not be called for now; empty if it may. split: one input for each document of
    a manifest.
    """

    name: str
    title: str
    summary: str
    input: type[msgspec.Struct]
    output: type[msgspec.Struct]
    risk: Risk
    capabilities: Capabilities
    toolset: str
    handler: Handler
    aliases: tuple[str, ...] = ()
    kind: str = ""
    idempotent: bool = True
    prepare: Preparation | None = None
    stream: Streamer | None = None
    rbac: str = ""
    named: bool = False
    locate: Resolver | None = None
    service: str = ""
    parse_arguments: ArgumentParser | None = None
    held: str = ""
    split: Callable[[Any], list[Any]] | None = None

    @property
    def verb(self) -> str:
        return self.capabilities.operation_types[0]

    def input_schema(self) -> dict[str, Any]:
        """JSON Schema of the arguments: an object, without references."""
        return schema_of(self.input)

    def output_schema(self) -> dict[str, Any]:
        """JSON Schema of ``ToolOutcome.structured``, of a failed call too: several clients check errors against it."""
        return _envelope_schema(schema_of(self.output))

    def annotations(self) -> dict[str, bool]:
        """MCP's hints. openWorldHint is true, because other programs change the cluster too."""
        return {
            "readOnlyHint": self.risk is Risk.READ,
            "destructiveHint": self.risk is Risk.DESTRUCTIVE,
            "idempotentHint": self.idempotent,
            "openWorldHint": True,
        }

    def parameters(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Names of the required and of the optional parameters."""
        fields = msgspec.structs.fields(self.input)
        return tuple(one.name for one in fields if one.required), tuple(one.name for one in fields if not one.required)

    def describe(self) -> ToolDescription:
        return ToolDescription(
            name=self.name,
            title=self.title,
            description=self.summary,
            toolset=self.toolset,
            risk=self.risk,
            aliases=self.aliases,
            annotations=self.annotations(),
            capabilities=self.capabilities,
            input_schema=self.input_schema(),
            output_schema=self.output_schema(),
            server=self.service,
            held=self.held,
        )

    def record(self) -> ToolRecord:
        """The tool's row in the table ``mcp_tools``."""
        required, optional = self.parameters()
        known = self.capabilities
        return ToolRecord(
            name=self.name,
            description=self.summary,
            input_schema=self.input_schema(),
            output_schema=self.output_schema(),
            resource_types=known.resource_types,
            operation_types=known.operation_types,
            required_params=required,
            optional_params=optional,
            scope=known.scope.value,
            output_format=known.output_format,
            cache_friendly=known.cache_friendly,
            risk=self.risk.value,
            toolset=self.toolset,
            origin=self.service or "builtin",
        )


def reading_tool(
    name: str,
    title: str,
    summary: str,
    shapes: tuple[type, type],
    handler: Handler,
    able: Capabilities,
    *,
    service: str = "k8s",
    **more: Any,
) -> ToolSpec:
    """A read-only tool of the toolset ``core``; its name without the service is an alias. shapes: input and output. more: ToolSpec."""
    known = {"toolset": "core", "aliases": (name,), **more}
    return ToolSpec(
        name=f"{service}_{name}",
        title=title,
        summary=summary,
        input=shapes[0],
        output=shapes[1],
        risk=Risk.READ,
        capabilities=able,
        handler=handler,
        **known,
    )


def changing_tool(
    name: str,
    title: str,
    summary: str,
    shapes: tuple[type, type],
    halves: tuple[Preparation, Handler],
    able: Capabilities,
    risk: Risk,
    **more: Any,
) -> ToolSpec:
    """A changing tool of the toolset ``write``; its name without ``k8s_`` is an alias. shapes: input, output. halves: prepare, handler."""
    prepare, handler = halves
    known = {"capabilities": able, "aliases": (name,), "prepare": prepare, "toolset": "write", **more}
    return ToolSpec(
        name=f"k8s_{name}",
        title=title,
        summary=summary,
        input=shapes[0],
        output=shapes[1],
        risk=risk,
        handler=handler,
        **known,
    )


@cache
def schema_of(struct: type[msgspec.Struct]) -> dict[str, Any]:
    """JSON Schema without references, titles and empty defaults."""
    (root,), components = msgspec.json.schema_components([struct], ref_template="{name}")
    resolved = _inline_references(root, components)
    return {key: value for key, value in resolved.items() if key != "description"}


def _inline_references(node: Any, components: dict[str, Any]) -> Any:
    if isinstance(node, list):
        return [_inline_references(item, components) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        rest = {key: value for key, value in node.items() if key != "$ref"}
        return {**_inline_references(components[node["$ref"]], components), **rest}
    return {key: _inline_references(value, components) for key, value in node.items() if not _is_redundant(key, value)}


def _is_redundant(key: str, value: Any) -> bool:
    return (key == "title" and isinstance(value, str)) or (key in ("default", "required") and value in ("", [], {}, False))


def _envelope_schema(data: dict[str, Any]) -> dict[str, Any]:
    text, maybe_text = {"type": "string"}, {"type": ["string", "null"]}
    freshness = {
        "type": "object",
        "properties": {
            "source": {"enum": ["cache", "live", "history"]},
            "observed_at": maybe_text,
            "age_seconds": {"type": ["number", "null"]},
            "complete": {"type": "boolean"},
            "missing": {"type": "array", "items": text},
        },
    }
    page = {"type": "object", "properties": {"next": maybe_text, "total": {"type": ["integer", "null"]}}}
    warnings = {"type": "array", "items": text}
    reply = {"data": data, "freshness": freshness, "page": page, "warnings": warnings}
    either = [{"required": list(reply)}, {"required": ["error"]}]
    return {"type": "object", "properties": {**reply, "error": {"type": "object"}}, "anyOf": either}
