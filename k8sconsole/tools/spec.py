"""A tool, declared once: everything that a form, an MCP client, a shell or an agent shows of it is derived from here."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any

import msgspec

from k8sconsole.model.tools import Capabilities, Risk
from k8sconsole.store.port import ToolRecord
from k8sconsole.tools.context import ToolContext
from k8sconsole.tools.results import Proposal, Reply, Target

Handler = Callable[[Any, ToolContext], Awaitable[Reply]]
Preparation = Callable[[Any, ToolContext], Awaitable[Proposal]]
Location = Callable[[Any, ToolContext], Awaitable[Any]]
Taking = Callable[[dict[str, Any]], tuple[Any, Target]]
Streamer = Callable[[Any, ToolContext], AsyncGenerator[str, None]]


class ToolSpec(msgspec.Struct, frozen=True):
    """input and output are msgspec Structs. summary tells a model when to use the tool, and when not.

    prepare makes the proposal a change is judged by; a tool without risk has none. stream is the endless form, for faces that can follow.
    rbac: what RBAC is asked about where that is not the kind itself: ``jobs.batch``, or ``/scale`` for a subresource of the kind.
    named: policy wants the object's name typed. locate fills in what a call means before it is judged. service: the attached server that
    provides the tool, empty for ours; take: reads the arguments, and what the call is about, where they are no Struct of ours. held: why
    it may not be called for now.
    kind is the resource of a tool about one kind; others have a parameter ``kind``. idempotent: calling twice does no more than calling
    once.
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
    locate: Location | None = None
    service: str = ""
    take: Taking | None = None
    held: str = ""

    @property
    def verb(self) -> str:
        return self.capabilities.operation_types[0]

    def input_schema(self) -> dict[str, Any]:
        """JSON Schema of the arguments: an object, without references."""
        return schema_of(self.input)

    def output_schema(self) -> dict[str, Any]:
        """JSON Schema of ``ToolOutcome.structured`` when the call succeeds."""
        return _envelope(schema_of(self.output))

    def annotations(self) -> dict[str, bool]:
        """MCP's hints. Everything here speaks to a cluster that others change too, hence an open world."""
        return {
            "readOnlyHint": self.risk is Risk.READ,
            "destructiveHint": self.risk is Risk.DESTRUCTIVE,
            "idempotentHint": self.idempotent,
            "openWorldHint": True,
        }

    def parameters(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Names of the required and of the optional ones."""
        fields = msgspec.structs.fields(self.input)
        return tuple(one.name for one in fields if one.required), tuple(one.name for one in fields if not one.required)

    def describe(self) -> dict[str, Any]:
        """The tool for a catalogue, as JSON values."""
        return {
            "name": self.name,
            "title": self.title,
            "description": self.summary,
            "toolset": self.toolset,
            "risk": self.risk.value,
            "aliases": list(self.aliases),
            "annotations": self.annotations(),
            "capabilities": msgspec.to_builtins(self.capabilities),
            "input_schema": self.input_schema(),
            "output_schema": self.output_schema(),
        }

    def record(self) -> ToolRecord:
        """The tool's row in the catalogue table."""
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


def reading(
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
    """A reading tool of the toolset ``core``, which its name without the service means too. shapes: input and output; more: as ToolSpec."""
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


def change(
    name: str,
    title: str,
    summary: str,
    shapes: tuple[type, type],
    halves: tuple[Preparation, Handler],
    able: Capabilities,
    risk: Risk,
    **more: Any,
) -> ToolSpec:
    """A tool of the toolset ``write``, which its name without the service means too. shapes: input and output; more: as ToolSpec."""
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


def schema_of(struct: type[msgspec.Struct]) -> dict[str, Any]:
    """JSON Schema with everything written where it is used, and without what only repeats: titles, and defaults that mean nothing given."""
    (root,), components = msgspec.json.schema_components([struct], ref_template="{name}")
    resolved = _inlined(root, components)
    return {key: value for key, value in resolved.items() if key != "description"}


def _inlined(node: Any, components: dict[str, Any]) -> Any:
    if isinstance(node, list):
        return [_inlined(item, components) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        rest = {key: value for key, value in node.items() if key != "$ref"}
        return {**_inlined(components[node["$ref"]], components), **rest}
    return {key: _inlined(value, components) for key, value in node.items() if not _says_nothing(key, value)}


def _says_nothing(key: str, value: Any) -> bool:
    return (key == "title" and isinstance(value, str)) or (key in ("default", "required") and value in ("", [], {}, False))


def _envelope(data: dict[str, Any]) -> dict[str, Any]:
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
    properties = {"data": data, "freshness": freshness, "page": page, "warnings": warnings}
    return {"type": "object", "properties": properties, "required": list(properties)}
