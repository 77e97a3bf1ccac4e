"""The scanner's calls to an attached server, authorised like any call. Failures are translated to API server errors."""

from typing import Any

from k8sconsole.errors import ConsoleError, Forbidden, NotFound, ToolFailed, UnknownTool, Unreachable
from k8sconsole.model.attached_servers import AttachedServerState
from k8sconsole.model.tools import Face, ToolCall
from k8sconsole.tools.mcp_client.server import AttachedServer
from k8sconsole.tools.mcp_client.session import McpToolResult
from k8sconsole.tools.mcp_client.tool_adapter import AttachedToolSpec, local_name
from k8sconsole.tools.pipeline.pipeline import Pipeline

_NOT_FOUND_WORDS = ("no matches for kind", "could not find the requested resource", "not found", "NotFound")
_FORBIDDEN_WORDS = ("forbidden", "PermissionDenied")


class ScanClient:
    """Calls tools of one attached server. Policy refuses those that its settings do not declare as reading."""

    def __init__(self, pipeline: Pipeline, attached: AttachedServer) -> None:
        self._pipeline = pipeline
        self._attached = attached
        self.server = attached.settings.name

    async def wait_ready(self) -> None:
        """Return once the server is connected. Raises Unreachable with the reason while it is lost."""
        await self._attached.settled.wait()
        if self._attached.status.state is not AttachedServerState.READY:
            raise Unreachable(f"{self.server} is not connected", self._attached.status.detail, "k8sconsole tools servers")

    def find_tool(self, tool: str) -> AttachedToolSpec | None:
        try:
            spec = self._pipeline.registry.find(local_name(self.server, tool))
        except UnknownTool:
            return None
        return spec if isinstance(spec, AttachedToolSpec) else None

    async def call(self, tool: str, **arguments: Any) -> McpToolResult:
        """Raises PolicyDenied, Unavailable, Forbidden, NotFound, ToolFailed."""
        spec = self.find_tool(tool)
        if spec is None:
            raise NotFound(f"{self.server} has no tool {tool}", "scanning through a server needs this tool", "k8sconsole tools servers")
        async with self._pipeline.authorised(ToolCall(spec.name, arguments, Face.SCANNER, caller="scanner")):
            result = await self._attached.call(tool, arguments)
        if result.failed:
            raise _translate_failure(spec.name, result.text)
        return result


def _translate_failure(tool: str, text: str) -> ConsoleError:
    """Recognise the error by the words that API servers and their clients use."""
    why = " ".join(text.split())[:300]
    if any(word in text for word in _FORBIDDEN_WORDS):
        return Forbidden(f"{tool} was refused", why)
    if any(word in text for word in _NOT_FOUND_WORDS):
        return NotFound(f"{tool} found no such resource", why)
    return ToolFailed(f"{tool} failed", why)
