"""Resources that a client reads by address: clusters, tables, objects, logs and histories, each through the tool of the same content.

``k8s://CONTEXT``, ``k8s://CONTEXT/NAMESPACE/KIND``, ``…/NAME``, ``…/NAME/log`` and ``…/NAME/history``. Parts are percent-encoded. ``_`` in
place of a namespace means all namespaces, or a kind without namespaces.
"""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import mcp_types as types
from mcp.shared.exceptions import MCPError

from k8sconsole.errors import UnknownTool
from k8sconsole.mcp_server.tool_results import text_of
from k8sconsole.model.tools import ToolOutcome

Ask = Callable[[str, dict[str, Any]], Awaitable[ToolOutcome]]
"""Calls a reading tool for the client."""
SCHEME = "k8s"
ANY_NAMESPACE = "_"
NOT_FOUND = -32002
"""MCP's code for a missing resource up to protocol 2025-11-25; later clients accept any code."""
SUBSCRIBABLE = frozenset({"k8s_list_resources", "k8s_get_resource", "history_list_versions"})
"""The tools behind addresses that a client may subscribe to: the cache knows when their content changes."""
_TABLE, _OBJECT = "k8s://{context}/{namespace}/{kind}", "k8s://{context}/{namespace}/{kind}/{name}"

TEMPLATES = (
    ("table", "Objects of a kind", _TABLE, "A table, as from k8s_list_resources. _ for all namespaces.", "text/plain"),
    ("object", "One object", _OBJECT, "YAML, masked, without managedFields. _ where the kind has no namespace.", "application/yaml"),
    ("log", "A pod's log", "k8s://{context}/{namespace}/pods/{name}/log", "The last lines, cut to fit.", "text/plain"),
    ("history", "An object's history", f"{_OBJECT}/history", "Its versions, and what each changed.", "text/plain"),
)


def list_templates() -> list[types.ResourceTemplate]:
    return [
        types.ResourceTemplate(name=name, title=title, uri_template=address, description=description, mime_type=mime)
        for name, title, address, description, mime in TEMPLATES
    ]


async def list_resources(ask: Ask) -> list[types.Resource]:
    """One resource for each known context."""
    outcome = await ask("k8s_list_contexts", {})
    names = [item["name"] for item in (outcome.data or {}).get("items", [])]
    return [
        types.Resource(
            name=name, title=f"Cluster {name}", uri=f"{SCHEME}://{quote(name, safe='')}", mime_type="text/plain",
            description="Version, address and how many objects of the main kinds.",
        )
        for name in names
    ]  # fmt: skip


async def read_resource(ask: Ask, uri: str, now: Callable[[], float]) -> types.ReadResourceResult:
    """Raises MCPError for an invalid address, and for a resource that does not exist."""
    tool, arguments, mime = parse_address(uri)
    outcome = await ask(tool, arguments)
    if outcome.error is not None:
        raise to_mcp_error(outcome, uri, now())
    text = text_of(outcome, now(), comment="# " if mime == "application/yaml" else "")
    return types.ReadResourceResult(contents=[types.TextResourceContents(uri=uri, mime_type=mime, text=text)])


def parse_address(uri: str) -> tuple[str, dict[str, Any], str]:
    """Returns the tool behind an address, its arguments, and the MIME type. Raises MCPError for an invalid address."""
    parts = urlsplit(uri)
    path = [unquote(part) for part in parts.path.strip("/").split("/")] if parts.path.strip("/") else []
    where = {"context": unquote(parts.netloc)}
    if parts.scheme != SCHEME or not parts.netloc or parts.query or parts.fragment or len(path) not in (0, 2, 3, 4) or not all(path):
        raise _invalid_address(uri)
    if not path:
        return "k8s_get_cluster_info", where, "text/plain"
    namespace, kind = path[:2]
    if len(path) == 2:
        return "k8s_list_resources", {**where, "kind": kind, **_namespace_argument(namespace)}, "text/plain"
    one = {**where, **_namespace_argument(namespace), "name": path[2]}
    match path[3:]:
        case []:
            return "k8s_get_resource", {**one, "kind": kind}, "application/yaml"
        case ["log"] if kind in ("pods", "pod", "po"):
            return "k8s_get_pod_logs", one, "text/plain"
        case ["history"]:
            return "history_list_versions", {**one, "kind": kind}, "text/plain"
    raise _invalid_address(uri)


def _namespace_argument(namespace: str) -> dict[str, str]:
    return {} if namespace == ANY_NAMESPACE else {"namespace": namespace}


def _invalid_address(uri: str) -> MCPError:
    known = ", ".join(template[2] for template in TEMPLATES)
    return MCPError(NOT_FOUND, f"no resource {uri[:200]} — an address is k8s://CONTEXT or one of {known}", {"uri": uri[:200]})


def to_mcp_error(outcome: ToolOutcome, uri: str, now: float) -> MCPError:
    """A failed outcome as a protocol error, with the outcome's own code and message."""
    error = outcome.structured(now)["error"]
    remedy = outcome.error.remedy if outcome.error is not None else ""
    code = NOT_FOUND if error["name"] == "NotFound" and not isinstance(outcome.error, UnknownTool) else error["code"]
    return MCPError(code, f"{error['message']}{f' (try: {remedy})' if remedy else ''}", {"uri": uri, **error["details"]})
