"""Says what is wrong with a request. The SDK's own error for wrong parameters is the same for all and has no reason."""

import logging
from dataclasses import replace
from typing import Any

import msgspec
from mcp.server import ServerRequestContext
from mcp.shared.exceptions import MCPError
from pydantic import ValidationError

from k8sconsole.kit.text import strip_control

log = logging.getLogger("k8sconsole.mcp")
INVALID_PARAMS = -32602
_NO_REASON = "Invalid request parameters"
_NOT_OPEN = "the session is not open: initialize was not sent (try: initialize, then notifications/initialized)"


async def explain_invalid_requests(ctx: ServerRequestContext[Any, Any], call_next: Any) -> Any:
    """Middleware of the SDK's server: raises MCPError with the parameter and the reason, and logs both. Arguments of a tool that are JSON
    text are read as the object they stand for."""
    try:
        return await call_next(_with_read_arguments(ctx))
    except ValidationError as cause:
        raise _refuse(ctx.method, f"{ctx.method}: {_reason(cause)}") from cause
    except MCPError as problem:
        if problem.message == _NO_REASON:
            raise _refuse(ctx.method, _NOT_OPEN) from problem
        raise


def _refuse(method: str, why: str) -> MCPError:
    log.warning("a client's request was refused: %s", why, extra={"operation": strip_control(method)[:60]})
    return MCPError(INVALID_PARAMS, why)


def _reason(cause: ValidationError) -> str:
    found = cause.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in found["loc"])
    return strip_control(f"{where}: {found['msg']}")[:300]


def _with_read_arguments(ctx: ServerRequestContext[Any, Any]) -> ServerRequestContext[Any, Any]:
    params = ctx.params or {}
    if ctx.method != "tools/call" or not isinstance(params.get("arguments"), str):
        return ctx
    try:
        arguments = msgspec.json.decode(params["arguments"] or "{}", type=dict[str, Any])
    except msgspec.DecodeError:
        return ctx
    return replace(ctx, params={**params, "arguments": arguments})
