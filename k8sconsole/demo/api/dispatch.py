"""Finds the handler of a request, after authentication, parsing and authorisation."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from k8sconsole.demo import status
from k8sconsole.demo.api import calls, discovery, logs, read_handlers, removal, reviews, subresources, write_handlers
from k8sconsole.demo.api.openapi import documents
from k8sconsole.demo.users import ResourceAttributes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from k8sconsole.demo.api.backend import ApiResponse, Backend, Handler
    from k8sconsole.demo.users import User

Json = dict[str, Any]

_HANDLERS: dict[tuple[str, str], Handler] = {
    ("get", ""): read_handlers.get_object,
    ("list", ""): read_handlers.list_objects,
    ("watch", ""): read_handlers.watch_objects,
    ("create", ""): write_handlers.create_object,
    ("update", ""): write_handlers.update_object,
    ("patch", ""): write_handlers.patch_object,
    ("delete", ""): removal.delete_object,
    ("deletecollection", ""): removal.delete_collection,
    ("get", "status"): read_handlers.get_object,
    ("update", "status"): write_handlers.update_object,
    ("patch", "status"): write_handlers.patch_object,
    ("get", "scale"): subresources.get_scale,
    ("update", "scale"): subresources.put_scale,
    ("patch", "scale"): subresources.patch_scale,
    ("get", "log"): logs.read_log,
    ("create", "binding"): subresources.bind_pod,
    ("create", "eviction"): subresources.evict_pod,
    ("get", "exec"): subresources.refuse_connection,
    ("create", "exec"): subresources.refuse_connection,
    ("get", "portforward"): subresources.refuse_connection,
    ("create", "portforward"): subresources.refuse_connection,
    ("get", "ephemeralcontainers"): read_handlers.get_object,
    ("update", "ephemeralcontainers"): subresources.write_ephemeral_containers,
    ("patch", "ephemeralcontainers"): subresources.write_ephemeral_containers,
    ("update", "finalize"): subresources.finalize_namespace,
    ("create", "token"): subresources.create_token,
    ("get", "approval"): read_handlers.get_object,
    ("update", "approval"): write_handlers.update_object,
    ("patch", "approval"): write_handlers.patch_object,
}
_REVIEW_GROUPS = ("authorization.k8s.io", "authentication.k8s.io")


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request, independent of the web framework. `certificate` is the client's, as returned by ssl.getpeercert."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""
    certificate: Json | None = field(default=None)


async def respond(backend: Backend, request: HttpRequest) -> ApiResponse:
    """Answer a request. Raises ApiStatus when it is refused."""
    user = _authenticate(backend, request)
    accept = request.headers.get("Accept", "")
    target = calls.parse_path(request.path, backend.store.registry)
    if target is None:
        return await _respond_to_discovery(backend, request, accept)
    if target.resource.group in backend.store.registry.silent_groups:
        raise status.group_unavailable()
    call = _build_call(request, target, user, accept)
    _authorise(backend, call)
    handler = _find_handler(call)
    if handler is None or not _is_supported(call):
        raise status.method_not_allowed() if not target.subresource else status.no_such_path()
    return await handler(backend, call)


def _authenticate(backend: Backend, request: HttpRequest) -> User:
    user = backend.gate.authenticate(request.headers.get("Authorization", ""), request.certificate)
    name, groups = request.headers.get("Impersonate-User", ""), request.headers.get("Impersonate-Group", "")
    return backend.gate.impersonate(user, name, (groups,) if groups else ()) if name else user


def _find_handler(call: calls.Call) -> Handler | None:
    if call.verb == "create" and call.resource.group in _REVIEW_GROUPS:
        return reviews.create_review
    if call.verb == "create" and call.resource.key == "/bindings":
        return subresources.create_binding
    return _HANDLERS.get((call.verb, call.target.subresource))


async def _respond_to_discovery(backend: Backend, request: HttpRequest, accept: str) -> ApiResponse:
    registry = backend.store.registry
    if request.path == documents.OLD_ROOT:
        return documents.old_openapi_response(accept)
    if request.path.startswith(documents.ROOT):
        found = await documents.openapi_response(request.path, registry)
    else:
        found = discovery.discovery_response(request.path, accept, registry)
    if found is None:
        raise status.no_such_path()
    return found


def _build_call(request: HttpRequest, target: calls.ResourcePath, user: User, accept: str) -> calls.Call:
    verb = calls.request_verb(request.method, target, request.query)
    form = "" if target.subresource == "log" else calls.negotiate_form(accept)
    content = request.headers.get("Content-Type", "").split(";")[0].strip()
    user_agent = request.headers.get("User-Agent", "")
    return calls.Call(target, verb, request.query, form, user, request.body, content, user_agent)


def _authorise(backend: Backend, call: calls.Call) -> None:
    target = call.target
    if target.resource.plural.startswith("selfsubject"):
        return
    attributes = ResourceAttributes(
        call.verb, target.resource.group, target.resource.plural, target.subresource, target.namespace, target.name
    )
    backend.gate.check_access(call.user, target.resource, attributes)


def _is_supported(call: calls.Call) -> bool:
    if call.target.subresource:
        return call.target.subresource in call.resource.subresources
    return call.verb in call.resource.verbs
