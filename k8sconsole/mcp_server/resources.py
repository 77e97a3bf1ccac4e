"""What a client can read by address: clusters, tables, objects, logs and histories, each through the tool that answers the same.

``k8s://CONTEXT``, ``k8s://CONTEXT/NAMESPACE/KIND``, ``…/NAME``, ``…/NAME/log`` and ``…/NAME/history``. Parts are percent-encoded. ``_`` in
place of a namespace means all of them, or a kind that has none.
"""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import mcp_types as types
from mcp.shared.exceptions import MCPError

from k8sconsole.errors import UnknownTool
from k8sconsole.mcp_server import icons
from k8sconsole.mcp_server.presenting import text_of
from k8sconsole.model.tools import ToolOutcome

Ask = Callable[[str, dict[str, Any]], Awaitable[ToolOutcome]]
"""Calls a reading tool for the client."""
SCHEME = "k8s"
NOWHERE = "_"
NOT_FOUND = -32002
"""MCP's own code for a resource that is not there, up to 2025-11-25; later clients take any."""
FOLLOWED = frozenset({"k8s_list_resources", "k8s_get_resource", "history_list_versions"})
"""What answers for addresses that can be followed, since the cache knows when it changes."""
_TABLE, _OBJECT = "k8s://{context}/{namespace}/{kind}", "k8s://{context}/{namespace}/{kind}/{name}"

TEMPLATES = (
    ("table", "Objects of a kind", _TABLE, "A table, as k8s_list_resources answers it. _ for all namespaces.", "text/plain"),
    ("object", "One object", _OBJECT, "YAML, masked, without managedFields. _ where the kind has no namespace.", "application/yaml"),
    ("log", "A pod's log", "k8s://{context}/{namespace}/pods/{name}/log", "The end of it, cut to fit.", "text/plain"),
    ("history", "An object's life", f"{_OBJECT}/history", "Its versions and what each changed.", "text/plain"),
)


def templates() -> list[types.ResourceTemplate]:
    return [
        types.ResourceTemplate(name=name, title=title, uri_template=address, description=told, mime_type=mime, icons=icons.of_resources())
        for name, title, address, told, mime in TEMPLATES
    ]


async def listed(ask: Ask) -> list[types.Resource]:
    """One for each cluster that can be named."""
    outcome = await ask("k8s_list_contexts", {})
    names = [item["name"] for item in (outcome.data or {}).get("items", [])]
    return [
        types.Resource(
            name=name, title=f"Cluster {name}", uri=f"{SCHEME}://{quote(name, safe='')}", mime_type="text/plain",
            description="Version, address and how many objects of the main kinds.", icons=icons.of_resources(),
        )
        for name in names
    ]  # fmt: skip


async def read(ask: Ask, uri: str, now: Callable[[], float]) -> types.ReadResourceResult:
    """Raises MCPError for an address that is none of these, or leads to nothing."""
    tool, arguments, mime = meant(uri)
    outcome = await ask(tool, arguments)
    if outcome.error is not None:
        raise refused(outcome, uri, now())
    text = text_of(outcome, now(), comment="# " if mime == "application/yaml" else "")
    return types.ReadResourceResult(contents=[types.TextResourceContents(uri=uri, mime_type=mime, text=text)])


def meant(uri: str) -> tuple[str, dict[str, Any], str]:
    """The tool that answers an address, its arguments, and the kind of text it gives. Raises MCPError."""
    parts = urlsplit(uri)
    path = [unquote(part) for part in parts.path.strip("/").split("/")] if parts.path.strip("/") else []
    where = {"context": unquote(parts.netloc)}
    if parts.scheme != SCHEME or not parts.netloc or parts.query or parts.fragment or len(path) not in (0, 2, 3, 4) or not all(path):
        raise _no_such(uri)
    if not path:
        return "k8s_get_cluster_info", where, "text/plain"
    namespace, kind = path[:2]
    if len(path) == 2:
        return "k8s_list_resources", {**where, "kind": kind, **_in(namespace)}, "text/plain"
    one = {**where, **_in(namespace), "name": path[2]}
    match path[3:]:
        case []:
            return "k8s_get_resource", {**one, "kind": kind}, "application/yaml"
        case ["log"] if kind in ("pods", "pod", "po"):
            return "k8s_get_pod_logs", one, "text/plain"
        case ["history"]:
            return "history_list_versions", {**one, "kind": kind}, "text/plain"
    raise _no_such(uri)


def _in(namespace: str) -> dict[str, str]:
    return {} if namespace == NOWHERE else {"namespace": namespace}


def _no_such(uri: str) -> MCPError:
    known = ", ".join(template[2] for template in TEMPLATES)
    return MCPError(NOT_FOUND, f"no resource {uri[:200]} — an address is k8s://CONTEXT or one of {known}", {"uri": uri[:200]})


def refused(outcome: ToolOutcome, uri: str, now: float) -> MCPError:
    """A failed outcome in its own words and with its own code."""
    error = outcome.structured(now)["error"]
    remedy = outcome.error.remedy if outcome.error is not None else ""
    code = NOT_FOUND if error["name"] == "NotFound" and not isinstance(outcome.error, UnknownTool) else error["code"]
    return MCPError(code, f"{error['message']}{f' (try: {remedy})' if remedy else ''}", {"uri": uri, **error["details"]})
