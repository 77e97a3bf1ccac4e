"""An API server's refusal as an error of ours: built from its ``Status`` object, and naming cluster, resource and object.

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
class Asked:
    """What was wanted from whom, for the words of an error. what is a resource name, or a path for anything else."""

    cluster: str
    verb: str
    what: str = ""
    namespace: str = ""
    name: str = ""

    def __str__(self) -> str:
        target = f"{self.namespace}/{self.name}" if self.namespace and self.name else self.name
        within = f"in namespace {self.namespace}" if self.namespace and not self.name else ""
        return " ".join(part for part in (self.verb, self.what, target, within, f"on cluster {self.cluster}") if part)

    def facts(self) -> dict[str, str]:
        known = {"cluster": self.cluster, "verb": self.verb, "resource": self.what, "namespace": self.namespace, "name": self.name}
        return {key: value for key, value in known.items() if value}


def refusal(asked: Asked, http_status: int, body: bytes, retry_after: str = "") -> ConsoleError:
    """The error for an answer with this HTTP status. A body that is no Status (a proxy's page) is quoted, shortened."""
    status = _status(body)
    if status is None:
        words = strip_control(body[:_EXCERPT].decode(errors="replace")).strip()
        status = {"message": f"HTTP {http_status} without a Status: {words}" if words else f"HTTP {http_status} without a body"}
    return from_status(asked, status, http_status, retry_after)


def from_status(asked: Asked, status: Mapping[str, Any], http_status: int = 0, retry_after: str = "") -> ConsoleError:
    """The error for a Status object, also one that came inside a watch."""
    code = http_status or int(_whole(status.get("code")))
    reason, message = str(status.get("reason") or ""), strip_control(str(status.get("message") or ""))
    title = f"Cannot {asked}"
    facts = {**asked.facts(), "reason": reason, "http_status": code, **_causes(status)}
    if code == 401:
        return CredentialsError(title, message or "the server does not know these credentials", _REMEDIES[CredentialsError], facts)
    kind = _kind(code, reason)
    error = kind(title, message, _remedy(kind, asked), facts, http_status=code, status=status)
    if isinstance(error, TooManyRequests):
        error.retry_after = _seconds(status, retry_after)
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
    TooManyRequests: "wait and try again",
    ServerError: "try again; if it persists, look at the API server's log",
}


def _kind(code: int, reason: str) -> type[ApiError]:
    found = _BY_REASON.get(reason) or _BY_CODE.get(code)
    return found or (ServerError if code >= 500 else ApiError)


def _remedy(kind: type[ApiError], asked: Asked) -> str:
    if kind is not Forbidden:
        return _REMEDIES.get(kind, "")
    scope = f" -n {asked.namespace}" if asked.namespace else ""
    return f"ask for the right; to see it: kubectl auth can-i {asked.verb} {asked.what}{scope} --context {asked.cluster}"


def _status(body: bytes) -> dict[str, Any] | None:
    try:
        status = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return None
    return status if isinstance(status, dict) and ("message" in status or status.get("kind") == "Status") else None


def _causes(status: Mapping[str, Any]) -> dict[str, Any]:
    details = status.get("details")
    causes = details.get("causes") if isinstance(details, dict) else None
    return {"causes": causes} if causes else {}


def _seconds(status: Mapping[str, Any], header: str) -> float:
    details = status.get("details")
    wished = details.get("retryAfterSeconds") if isinstance(details, dict) else None
    return _whole(wished) or _whole(header) or _until(header) or 1.0


def _whole(value: Any) -> float:
    try:
        return float(max(0, int(value)))
    except (TypeError, ValueError):
        return 0.0


def _until(date: str) -> float:
    """Seconds from now until an HTTP date, as proxies give it; 0 for what is none, or has passed."""
    try:
        return max(0.0, parsedate_to_datetime(date).timestamp() - SystemClock().now())
    except ValueError:
        return 0.0
