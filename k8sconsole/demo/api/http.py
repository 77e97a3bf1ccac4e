"""The aiohttp server in front of the API. It turns refusals into Status objects and injects planned faults."""

from __future__ import annotations

import asyncio
import logging
from email.utils import format_datetime
from typing import TYPE_CHECKING

from k8sconsole.demo.api.backend import Response, StreamedResponse, json_response
from k8sconsole.demo.api.dispatch import HttpRequest, respond
from k8sconsole.demo.kubeconfig import PREFIX
from k8sconsole.demo.status import ApiStatus

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from aiohttp import web

    from k8sconsole.demo.api.backend import ApiResponse, Backend
    from k8sconsole.demo.api.faults import Fault, FaultInjector

_LOG = logging.getLogger(__name__)
MAX_BODY = 16 * 2**20


def build_application(backend: Backend, faults: FaultInjector) -> web.Application:
    """The web application. It has one catch-all route, because CustomResourceDefinitions add paths at run time."""
    from aiohttp import web

    async def set_date(request: web.Request, response: web.StreamResponse) -> None:
        response.headers["Date"] = format_datetime(backend.store.clock.now(), usegmt=True)

    app = web.Application(client_max_size=MAX_BODY)
    app.on_response_prepare.append(set_date)  # the cluster's clock, which may differ from the machine's
    app.router.add_route("*", "/{path:.*}", _build_handler(backend, faults))
    return app


def _build_handler(backend: Backend, faults: FaultInjector) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def handle(request: web.Request) -> web.StreamResponse:
        watch = request.query.get("watch") in ("1", "true")
        _, path = _split_token(request.path)
        fault = await faults.next_fault(f"{path}?{request.query_string}", watch)
        reply = _fault_response(fault) if fault is not None and fault.code else await _respond(backend, request)
        if isinstance(reply, StreamedResponse):
            return await _send_stream(request, reply, faults, fault)
        if fault is not None and not fault.code:
            return await _send_broken(request, reply, fault)
        return _web_response(reply, fault)

    return handle


async def _respond(backend: Backend, request: web.Request) -> ApiResponse:
    try:
        return await respond(backend, await _parse_request(request))
    except ApiStatus as refusal:
        return json_response(refusal.body, refusal.code)
    except Exception as failure:  # noqa: BLE001 - a bug in a handler is a 500 for one request, as a Status object
        _LOG.exception("the demo API server failed on %s %s", request.method, request.path)
        internal = ApiStatus(500, "InternalError", f"Internal error occurred: {failure}")
        return json_response(internal.body, internal.code)


def _fault_response(fault: Fault) -> Response:
    if fault.instead is not None:
        return Response(fault.instead, fault.code, "text/html")
    reason = {429: "TooManyRequests", 403: "Forbidden", 410: "Expired", 504: "Timeout"}.get(fault.code, "InternalError")
    return json_response(ApiStatus(fault.code, reason, f"planned: {fault.code}").body, fault.code)


async def _parse_request(request: web.Request) -> HttpRequest:
    certificate = request.transport.get_extra_info("peercert") if request.transport else None
    token, path = _split_token(request.path)
    headers = {**request.headers, **({"Authorization": f"Bearer {token}"} if token else {})}
    return HttpRequest(request.method, path, request.query, headers, await request.read(), certificate)


def _split_token(path: str) -> tuple[str, str]:
    """Split a path into the token it begins with when served without TLS, and the API path."""
    if not path.startswith(PREFIX):
        return "", path
    token, _, rest = path.removeprefix(PREFIX).partition("/")
    return token, f"/{rest}"


def _web_response(reply: Response, fault: Fault | None) -> web.Response:
    from aiohttp import web

    headers = {"Content-Type": reply.content_type, "Cache-Control": "no-cache, private", **(fault.headers if fault else {})}
    return web.Response(body=reply.body, status=reply.code, headers=headers)


async def _send_broken(request: web.Request, reply: Response, fault: Fault) -> web.StreamResponse:
    from aiohttp import web

    response = web.StreamResponse(status=reply.code, headers={"Content-Type": reply.content_type})
    await response.prepare(request)
    await response.write((reply.body if fault.instead is None else fault.instead)[: fault.after])
    await _end_faulty(request, response, fault)
    return response


async def _send_stream(request: web.Request, stream: StreamedResponse, faults: FaultInjector, fault: Fault | None) -> web.StreamResponse:
    from aiohttp import web

    response = web.StreamResponse(headers={"Content-Type": stream.content_type, "Cache-Control": "no-cache, private"})
    try:
        await response.prepare(request)
        if fault is None:
            async for chunk in stream.chunks:
                await faults.answering.wait()
                await response.write(chunk)
            await response.write_eof()
        else:
            await response.write(await _faulty_chunk(stream.chunks, fault))
            await _end_faulty(request, response, fault)
    except ConnectionError:  # the client has disconnected
        pass
    finally:
        await stream.chunks.aclose()  # type: ignore[attr-defined]
    return response


async def _faulty_chunk(chunks: AsyncIterator[bytes], fault: Fault) -> bytes:
    if fault.instead is not None:
        return fault.instead
    return (await anext(chunks, b""))[: fault.after] if fault.after else b""


async def _end_faulty(request: web.Request, response: web.StreamResponse, fault: Fault) -> None:
    """End the response as the fault says. A silent connection stays open until the client closes it."""
    if fault.then == "silent":
        await asyncio.Event().wait()
    elif fault.then == "cut" and request.transport is not None:
        request.transport.abort()
    else:
        await response.write_eof()
