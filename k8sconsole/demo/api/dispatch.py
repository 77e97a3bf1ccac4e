"""Which handler answers which verb, and the order in which a request is judged: who, what, whether, then how."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from k8sconsole.demo import status
from k8sconsole.demo.api import calls, discovery, logs, reading, removal, reviews, subresources, writing
from k8sconsole.demo.api.openapi import documents
from k8sconsole.demo.users import ResourceAttributes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from k8sconsole.demo.api.backend import ApiResponse, Backend, Handler
    from k8sconsole.demo.users import User

Json = dict[str, Any]

_HANDLERS: dict[tuple[str, str], Handler] = {
    ("get", ""): reading.get,
    ("list", ""): reading.list_all,
    ("watch", ""): reading.watch,
    ("create", ""): writing.create,
    ("update", ""): writing.update,
    ("patch", ""): writing.patch,
    ("delete", ""): removal.delete,
    ("deletecollection", ""): removal.delete_collection,
    ("get", "status"): reading.get,
    ("update", "status"): writing.update,
    ("patch", "status"): writing.patch,
    ("get", "scale"): subresources.get_scale,
    ("update", "scale"): subresources.put_scale,
    ("patch", "scale"): subresources.patch_scale,
    ("get", "log"): logs.read,
    ("create", "binding"): subresources.bind,
    ("create", "eviction"): subresources.evict,
    ("get", "exec"): subresources.reach_into,
    ("create", "exec"): subresources.reach_into,
    ("get", "portforward"): subresources.reach_into,
    ("create", "portforward"): subresources.reach_into,
    ("get", "ephemeralcontainers"): reading.get,
    ("update", "ephemeralcontainers"): subresources.add_ephemeral,
    ("patch", "ephemeralcontainers"): subresources.add_ephemeral,
    ("update", "finalize"): subresources.finalize,
    ("create", "token"): subresources.request_token,
    ("get", "approval"): reading.get,
    ("update", "approval"): writing.update,
    ("patch", "approval"): writing.patch,
}
_REVIEW_GROUPS = ("authorization.k8s.io", "authentication.k8s.io")


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """What arrived, without the web framework it came through. `certificate` is the client's, as ssl.getpeercert has it."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""
    certificate: Json | None = field(default=None)


async def respond(backend: Backend, request: HttpRequest) -> ApiResponse:
    """The reply to any request; raises ApiStatus for every refusal."""
    user = _user(backend, request)
    accept = request.headers.get("Accept", "")
    target = calls.parse_path(request.path, backend.store.registry)
    if target is None:
        return await _describe(backend, request, accept)
    call = _call(request, target, user, accept)
    _authorise(backend, call)
    handler = _handler(call)
    if handler is None or not _offered(call):
        raise status.method_not_allowed() if not target.subresource else status.no_such_path()
    return await handler(backend, call)


def _user(backend: Backend, request: HttpRequest) -> User:
    user = backend.gate.authenticate(request.headers.get("Authorization", ""), request.certificate)
    name, groups = request.headers.get("Impersonate-User", ""), request.headers.get("Impersonate-Group", "")
    return backend.gate.impersonate(user, name, (groups,) if groups else ()) if name else user


def _handler(call: calls.Call) -> Handler | None:
    if call.verb == "create" and call.resource.group in _REVIEW_GROUPS:
        return reviews.review
    if call.verb == "create" and call.resource.key == "/bindings":
        return subresources.bind_in_body
    return _HANDLERS.get((call.verb, call.target.subresource))


async def _describe(backend: Backend, request: HttpRequest, accept: str) -> ApiResponse:
    registry = backend.store.registry
    if request.path.startswith(documents.ROOT):
        found = await documents.document(request.path, registry)
    else:
        found = discovery.describe(request.path, accept, registry)
    if found is None:
        raise status.no_such_path()
    return found


def _call(request: HttpRequest, target: calls.ResourcePath, user: User, accept: str) -> calls.Call:
    verb = calls.verb_of(request.method, target, request.query)
    form = "" if target.subresource == "log" else calls.negotiate(accept)
    content = request.headers.get("Content-Type", "").split(";")[0].strip()
    agent = request.headers.get("User-Agent", "")
    return calls.Call(target, verb, request.query, form, user, request.body, content, agent)


def _authorise(backend: Backend, call: calls.Call) -> None:
    target = call.target
    if target.resource.plural.startswith("selfsubject"):
        return
    ask = ResourceAttributes(call.verb, target.resource.group, target.resource.plural, target.subresource, target.namespace, target.name)
    backend.gate.check(call.user, target.resource, ask)


def _offered(call: calls.Call) -> bool:
    if call.target.subresource:
        return call.target.subresource in call.resource.subresources
    return call.verb in call.resource.verbs
