"""The scanner's calls to an attached server: authorised and audited like any other, their failures told as an API server's."""

from typing import Any

from k8sconsole.errors import ConsoleError, Forbidden, NotFound, PolicyDenied, ToolFailed, UnknownTool, Unreachable
from k8sconsole.model.attached_servers import AttachedServerState
from k8sconsole.model.tools import Face, Risk, ToolCall
from k8sconsole.tools.mcp_client.server import AttachedServer
from k8sconsole.tools.mcp_client.session import McpToolResult
from k8sconsole.tools.mcp_client.tool_adapter import AttachedToolSpec, local_name
from k8sconsole.tools.pipeline.pipeline import Pipeline

_UNSERVED = ("no matches for kind", "could not find the requested resource", "not found", "NotFound")
_REFUSED = ("forbidden", "PermissionDenied")


class ScanClient:
    """Of one server. A tool is only asked where a person vouches for it as reading."""

    def __init__(self, pipeline: Pipeline, attached: AttachedServer) -> None:
        self._pipeline = pipeline
        self._attached = attached
        self.server = attached.server.name

    async def ready(self) -> None:
        """Returns when the server has been reached. Raises Unreachable with the reason while it is lost."""
        await self._attached.settled.wait()
        if self._attached.state.state is not AttachedServerState.READY:
            raise Unreachable(f"{self.server} is not connected", self._attached.state.detail, "k8sconsole tools servers")

    def knows(self, tool: str) -> AttachedToolSpec | None:
        try:
            spec = self._pipeline.registry.find(local_name(self.server, tool))
        except UnknownTool:
            return None
        return spec if isinstance(spec, AttachedToolSpec) else None

    async def ask(self, tool: str, **arguments: Any) -> McpToolResult:
        """Raises PolicyDenied, Unavailable, Forbidden, NotFound, ToolFailed."""
        spec = self.knows(tool)
        if spec is None:
            raise NotFound(f"{self.server} has no tool {tool}", "it cannot be read through", "k8sconsole tools servers")
        if spec.risk is not Risk.READ:
            remedy = f"reads: [{tool}] in mcp_servers"
            raise PolicyDenied(f"{self.server} may not be read through", f"nobody vouches for {tool} as reading only", remedy)
        async with self._pipeline.authorised(ToolCall(spec.name, arguments, Face.SCANNER, caller="scanner")):
            answer = await self._attached.call(tool, arguments)
        if answer.failed:
            raise _problem(spec.name, answer.text)
        return answer


def _problem(tool: str, text: str) -> ConsoleError:
    """By the words that API servers and their clients use."""
    why = " ".join(text.split())[:300]
    if any(word in text for word in _REFUSED):
        return Forbidden(f"{tool} was refused", why)
    if any(word in text for word in _UNSERVED):
        return NotFound(f"{tool} found nothing of that sort", why)
    return ToolFailed(f"{tool} failed", why)
