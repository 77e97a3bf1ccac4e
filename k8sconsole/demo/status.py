"""Refusals of the API server: the Kubernetes `Status` object as an exception.

Reasons, codes, messages and details follow k8s.io/apimachinery/pkg/api/errors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from k8sconsole.demo.resources import ServedResource

Json = dict[str, Any]


class ApiStatus(Exception):
    """A refused request. `body` is the Kubernetes Status object, `code` its HTTP status."""

    def __init__(self, code: int, reason: str, message: str, details: Json | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.details = details
        self.continue_token: str | None = None

    @property
    def body(self) -> Json:
        meta: Json = {"continue": self.continue_token} if self.continue_token else {}
        status: Json = {"kind": "Status", "apiVersion": "v1", "metadata": meta, "status": "Failure", "message": self.message}
        if self.reason:
            status["reason"] = self.reason
        if self.details:
            status["details"] = self.details
        status["code"] = self.code
        return status


def _build_details(resource: ServedResource, name: str, *, kind: str | None = None, causes: Sequence[Json] = ()) -> Json:
    details: Json = {"name": name} if name else {}
    if resource.group:
        details["group"] = resource.group
    details["kind"] = kind or resource.plural
    if causes:
        details["causes"] = list(causes)
    return details


def cause(field: str, message: str, reason: str = "FieldValueInvalid") -> Json:
    """One entry of an invalid object's causes; `field` is a path such as `spec.replicas`."""
    return {"reason": reason, "message": message, "field": field}


def not_found(resource: ServedResource, name: str) -> ApiStatus:
    return ApiStatus(404, "NotFound", f'{resource.qualified_name} "{name}" not found', _build_details(resource, name))


def already_exists(resource: ServedResource, name: str) -> ApiStatus:
    return ApiStatus(409, "AlreadyExists", f'{resource.qualified_name} "{name}" already exists', _build_details(resource, name))


def conflict(resource: ServedResource, name: str, why: str | None = None, causes: Sequence[Json] = ()) -> ApiStatus:
    why = why or "the object has been modified; please apply your changes to the latest version and try again"
    message = f'Operation cannot be fulfilled on {resource.qualified_name} "{name}": {why}'
    return ApiStatus(409, "Conflict", message, _build_details(resource, name, causes=causes))


def invalid(resource: ServedResource, name: str, causes: Sequence[Json]) -> ApiStatus:
    kind = f"{resource.kind}.{resource.group}" if resource.group else resource.kind
    listed = [f"{each['field']}: {each['message']}" for each in causes]
    text = listed[0] if len(listed) == 1 else f"[{', '.join(listed)}]"
    return ApiStatus(
        422, "Invalid", f'{kind} "{name}" is invalid: {text}', _build_details(resource, name, kind=resource.kind, causes=causes)
    )


def forbidden(resource: ServedResource, name: str, why: str) -> ApiStatus:
    subject = f'{resource.qualified_name} "{name}"' if name else resource.qualified_name
    return ApiStatus(403, "Forbidden", f"{subject} is forbidden: {why}", _build_details(resource, name))


def gone(message: str) -> ApiStatus:
    return ApiStatus(410, "Expired", message)


def bad_request(message: str) -> ApiStatus:
    return ApiStatus(400, "BadRequest", message)


def method_not_allowed() -> ApiStatus:
    return ApiStatus(405, "MethodNotAllowed", "the server does not allow this method on the requested resource")


def no_such_path() -> ApiStatus:
    return ApiStatus(404, "NotFound", "the server could not find the requested resource")


def unauthorized() -> ApiStatus:
    return ApiStatus(401, "Unauthorized", "Unauthorized")


def unsupported_media_type(accepted: Sequence[str]) -> ApiStatus:
    listed = ", ".join(accepted)
    message = f"the body of the request was in an unknown format - accepted media types include: {listed}"
    return ApiStatus(415, "UnsupportedMediaType", message)


def too_many_requests(message: str, causes: Sequence[Json] = ()) -> ApiStatus:
    return ApiStatus(429, "TooManyRequests", message, {"causes": list(causes)} if causes else None)


def group_unavailable() -> ApiStatus:
    """The aggregator's response for a group whose server does not answer."""
    return ApiStatus(503, "ServiceUnavailable", "the server is currently unable to handle the request")


def invalid_options(kind: str, text: str) -> ApiStatus:
    """Invalid request parameters. `kind` is ListOptions, PatchOptions, …; `text` is `<parameter>: <reason>`."""
    field, _, why = text.partition(": ")
    details = {"group": "meta.k8s.io", "kind": kind, "causes": [cause(field, why)]}
    return ApiStatus(422, "Invalid", f'{kind}.meta.k8s.io "" is invalid: {text}', details)
