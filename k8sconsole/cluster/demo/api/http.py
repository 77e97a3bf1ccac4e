"""The web server around the API: aiohttp in, Status objects out, and the faults a test may switch on."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from k8sconsole.cluster.demo.api.backend import Answer, Stream, answer
from k8sconsole.cluster.demo.api.dispatch import Request, respond
from k8sconsole.cluster.demo.kubeconfig import PREFIX
from k8sconsole.cluster.demo.status import ApiStatus

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from aiohttp import web

    from k8sconsole.cluster.demo.api.backend import Backend

_LOG = logging.getLogger(__name__)
MAX_BODY = 16 * 2**20


@dataclass(slots=True)
class Faults:
    """What is wrong with the server at the moment. `running` cleared means that nothing is answered, bookmarks included."""

    running: asyncio.Event = field(default_factory=asyncio.Event)

    async def suffer(self) -> None:
        await self.running.wait()


def application(backend: Backend, faults: Faults) -> web.Application:
    """One catch-all route: the API's paths are data (CustomResourceDefinitions add to them), not routes."""
    from aiohttp import web

    app = web.Application(client_max_size=MAX_BODY)
    app.router.add_route("*", "/{path:.*}", _handler(backend, faults))
    return app


def _handler(backend: Backend, faults: Faults) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def handle(request: web.Request) -> web.StreamResponse:
        await faults.suffer()
        try:
            reply = await respond(backend, await _understood(request))
        except ApiStatus as refusal:
            reply = answer(refusal.body, refusal.code)
        except Exception as failure:  # noqa: BLE001 - a handler's bug is one request's 500, in the shape clients read
            _LOG.exception("the demo API server failed on %s %s", request.method, request.path)
            internal = ApiStatus(500, "InternalError", f"Internal error occurred: {failure}")
            reply = answer(internal.body, internal.code)
        if isinstance(reply, Stream):
            return await _send_stream(request, reply, faults)
        return _whole(reply)

    return handle


async def _understood(request: web.Request) -> Request:
    certificate = request.transport.get_extra_info("peercert") if request.transport else None
    path, headers = request.path, dict(request.headers)
    if path.startswith(PREFIX):
        token, _, rest = path.removeprefix(PREFIX).partition("/")
        path, headers["Authorization"] = f"/{rest}", f"Bearer {token}"
    return Request(request.method, path, request.query, headers, await request.read(), certificate)


def _whole(reply: Answer) -> web.Response:
    from aiohttp import web

    headers = {"Content-Type": reply.content_type, "Cache-Control": "no-cache, private"}
    return web.Response(body=reply.body, status=reply.code, headers=headers)


async def _send_stream(request: web.Request, stream: Stream, faults: Faults) -> web.StreamResponse:
    from aiohttp import web

    response = web.StreamResponse(headers={"Content-Type": stream.content_type, "Cache-Control": "no-cache, private"})
    await response.prepare(request)
    try:
        async for chunk in stream.chunks:
            await faults.running.wait()
            await response.write(chunk)
        await response.write_eof()
    except (ConnectionResetError, ConnectionError):
        pass
    finally:
        await stream.chunks.aclose()  # type: ignore[attr-defined]
    return response
