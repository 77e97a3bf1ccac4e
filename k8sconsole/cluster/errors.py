"""Turns an API server's error response into an error with cluster, resource and object, built from the response's ``Status``.

Status: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/
"""

from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec

from k8sconsole.errors import (
    AlreadyExists,
    ApiError,
    Conflict,
    ConsoleError,
    CredentialsError,
    Forbidden,
    Gone,
    Invalid,
    NotFound,
    ServerError,
    TooManyRequests,
)
from k8sconsole.kit.clock import SystemClock
from k8sconsole.kit.text import strip_control

_EXCERPT = 300


@dataclass(frozen=True, slots=True)
class RequestInfo:
    """What a request is about, for error messages. resource: a resource name, or the path of any other request."""

    cluster: str
    verb: str
    resource: str = ""
    namespace: str = ""
    name: str = ""

    def __str__(self) -> str:
        target = f"{self.namespace}/{self.name}" if self.namespace and self.name else self.name
        scope = f"in namespace {self.namespace}" if self.namespace and not self.name else ""
        return " ".join(part for part in (self.verb, self.resource, target, scope, f"on cluster {self.cluster}") if part)

    @property
    def title(self) -> str:
        """The title of an error about this request."""
        return f"cannot {self}"

    def details(self) -> dict[str, str]:
        """The fields that have a value, for an error's details."""
        fields = {"cluster": self.cluster, "verb": self.verb, "resource": self.resource, "namespace": self.namespace, "name": self.name}
        return {key: value for key, value in fields.items() if value}


def error_from_response(info: RequestInfo, http_status: int, body: bytes, retry_after: str = "") -> ConsoleError:
    """Returns the error for an HTTP error response. A body that is no Status, such as a proxy's page, is quoted and shortened."""
    status = _decode_status(body)
    if status is None:
        excerpt = strip_control(body[:_EXCERPT].decode(errors="replace")).strip()
        status = {"message": f"HTTP {http_status} without a Status: {excerpt}" if excerpt else f"HTTP {http_status} without a body"}
    return error_from_status(info, status, http_status, retry_after)


def error_from_status(info: RequestInfo, status: Mapping[str, Any], http_status: int = 0, retry_after: str = "") -> ConsoleError:
    """Returns the error for a Status object, which a watch event may also carry. retry_after: the header's value."""
    code = http_status or int(_non_negative(status.get("code")))
    reason, message = str(status.get("reason") or ""), strip_control(str(status.get("message") or ""))
    details = {**info.details(), "reason": reason, "http_status": code, **_causes(status)}
    if code == 401:
        why = message or "the server does not accept these credentials"
        return CredentialsError(info.title, why, _REMEDIES[CredentialsError], details)
    error_class = _error_class(code, reason)
    error = error_class(info.title, message, _remedy(error_class, info), details, http_status=code, status=status)
    error.retry_after = _retry_seconds(status, retry_after) or error.retry_after
    if isinstance(error, TooManyRequests):
        error.remedy = f"again in {error.retry_after:g} s, as the server asks"
    return error


_BY_REASON: dict[str, type[ApiError]] = {
    "NotFound": NotFound,
    "AlreadyExists": AlreadyExists,
    "Conflict": Conflict,
    "Gone": Gone,
    "Expired": Gone,
    "Invalid": Invalid,
    "BadRequest": Invalid,
    "Forbidden": Forbidden,
    "TooManyRequests": TooManyRequests,
}
_BY_CODE: dict[int, type[ApiError]] = {
    400: Invalid,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    410: Gone,
    422: Invalid,
    429: TooManyRequests,
}
_REMEDIES: dict[type[ConsoleError], str] = {
    CredentialsError: "log in again, or check the user of this context in the kubeconfig",
    Gone: "list again",
    Conflict: "read the object again and repeat the change on it",
    ServerError: "try again; if it persists, look at the API server's log",
}


def _error_class(code: int, reason: str) -> type[ApiError]:
    found = _BY_REASON.get(reason) or _BY_CODE.get(code)
    return found or (ServerError if code >= 500 else ApiError)


def _remedy(error_class: type[ApiError], info: RequestInfo) -> str:
    if error_class is not Forbidden:
        return _REMEDIES.get(error_class, "")
    scope = f" -n {info.namespace}" if info.namespace else ""
    return f"ask for the permission; to check it: kubectl auth can-i {info.verb} {info.resource}{scope} --context {info.cluster}"


def _decode_status(body: bytes) -> dict[str, Any] | None:
    try:
        status = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return None
    return status if isinstance(status, dict) and ("message" in status or status.get("kind") == "Status") else None


def _causes(status: Mapping[str, Any]) -> dict[str, Any]:
    details = status.get("details")
    causes = details.get("causes") if isinstance(details, dict) else None
    return {"causes": causes} if causes else {}


def _retry_seconds(status: Mapping[str, Any], header: str) -> float:
    details = status.get("details")
    requested = details.get("retryAfterSeconds") if isinstance(details, dict) else None
    return _non_negative(requested) or _non_negative(header) or _seconds_until(header)


def _non_negative(value: Any) -> float:
    """Returns a whole number of zero or more; 0 for anything else."""
    try:
        return float(max(0, int(value)))
    except (TypeError, ValueError):
        return 0.0


def _seconds_until(date: str) -> float:
    """Returns the seconds until an HTTP date, which proxies send; 0 when it has passed or is no date."""
    try:
        return max(0.0, parsedate_to_datetime(date).timestamp() - SystemClock().now())
    except ValueError:
        return 0.0
