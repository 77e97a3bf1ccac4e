"""Every error that may reach a person or a client, in one tree.

    ConsoleError                 the work failed
    ├── UsageError               wrong command, argument or setting
    │   ├── InvalidParams        a tool's argument
    │   ├── UnknownTool
    │   ├── ConfigurationError   a setting, a kubeconfig
    │   └── FilterError          a filter expression; knows its column
    ├── Unavailable              a cluster or service that does not answer
    │   ├── Unreachable          nothing answers at that address
    │   │   └── ConnectionCut    it began, and hung up
    │   ├── CredentialsError     it answers, and will not have these credentials
    │   └── DeadlineExceeded     it did not answer in time
    ├── RateLimited              too many calls at once here; knows retry_after
    ├── Denied                   policy, a person, or RBAC said no
    │   ├── PolicyDenied
    │   ├── ApprovalDenied       a person said no, or nobody could be asked
    │   └── Forbidden            the API server's 403
    ├── ToolFailed               a tool of an attached server, in that server's words
    ├── ApiError                 the API server's own Status
    │   ├── NotFound             404, also for a namespace or context that does not exist
    │   ├── AlreadyExists        409 on create
    │   ├── Conflict             409 on update
    │   ├── Gone                 410: the resourceVersion or continue token has expired
    │   ├── Invalid              400 and 422
    │   ├── TooManyRequests      429; knows retry_after
    │   └── ServerError          5xx
    └── StoreError               the cache file
        ├── StoreCorrupt
        ├── StoreLocked
        ├── StoreUnwritable      no permission, no space, no folder
        ├── StoreTooNew          written by a newer version
        └── StoreKeyError        encrypted with another key, or not as the settings say

Each has a title (what failed), a detail (why) and a remedy (what to try). A border that translates somebody else's exception keeps it as
``__cause__``; ``--debug`` shows it.
"""

from collections.abc import Iterable, Mapping
from typing import Any


class ConsoleError(Exception):
    """title: what failed, without a full stop. detail: why. remedy: a step to try. details: facts for a program (JSON values)."""

    exit_code = 1
    code = -32603
    name = "InternalError"

    def __init__(self, title: str, detail: str = "", remedy: str = "", details: Mapping[str, Any] | None = None) -> None:
        super().__init__(title)
        self.title = title
        self.detail = detail
        self.remedy = remedy
        self.details: dict[str, Any] = dict(details or {})

    def __str__(self) -> str:
        """One line, as the command line prints it behind ``error:``."""
        why = f" — {self.detail}" if self.detail else ""
        remedy = f" (try: {self.remedy})" if self.remedy else ""
        return " ".join(f"{self.title}{why}{remedy}".split())


class UsageError(ConsoleError):
    exit_code = 2
    code = -32602
    name = "InvalidParams"


class InvalidParams(UsageError):
    """An argument of a tool; ``details`` holds parameter, given, expected and the nearest valid values."""


class UnknownTool(UsageError):
    """No tool of that name in this catalogue."""


class ConfigurationError(UsageError):
    """A setting, a file or a kubeconfig that cannot be used as it stands."""


class FilterError(UsageError):
    """A filter expression; ``column`` is 1-based."""

    def __init__(self, title: str, detail: str = "", remedy: str = "", *, column: int = 1) -> None:
        super().__init__(title, detail, remedy or "for example status!=Running restarts>3 age<2h", {"column": column})
        self.column = column


class Unavailable(ConsoleError):
    exit_code = 3
    code = -32050
    name = "ServiceUnavailable"


class Unreachable(Unavailable):
    """Connection refused, no route, no such host, TLS that fails: nothing usable answers."""


class ConnectionCut(Unreachable):
    """The connection ended before the answer was complete. What was asked may have been done."""


class CredentialsError(Unavailable):
    """Missing, expired or rejected credentials; an exec plugin that is absent, fails or hangs."""


class DeadlineExceeded(Unavailable):
    code = -32008
    name = "Timeout"


class RateLimited(ConsoleError):
    """Refused here, before anything was done, since too much goes on already. ``retry_after`` in seconds."""

    code = -32029
    name = "RateLimited"

    def __init__(self, title: str, detail: str, retry_after: float) -> None:
        super().__init__(title, detail, f"again in {retry_after:g} s", {"retry_after_seconds": retry_after})
        self.retry_after = retry_after


class Denied(ConsoleError):
    exit_code = 4
    code = -32003
    name = "PermissionDenied"


class PolicyDenied(Denied):
    """A policy rule, read-only mode, or a face that does not offer this tool."""


class ApprovalDenied(Denied):
    """A person said no, did not answer, or could not be asked."""


class ToolFailed(ConsoleError):
    """A tool of an attached server was called and says that it failed."""

    name = "ToolFailed"


class ApiError(ConsoleError):
    """An answer of the API server other than success. ``status`` is its Kubernetes Status object, ``http_status`` the number."""

    def __init__(
        self,
        title: str,
        detail: str = "",
        remedy: str = "",
        details: Mapping[str, Any] | None = None,
        *,
        http_status: int = 0,
        status: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(title, detail, remedy, details)
        self.http_status = http_status
        self.status: dict[str, Any] = dict(status or {})


class Forbidden(Denied, ApiError):
    """The API server's 403, in its own words."""


class NotFound(ApiError):
    code = -32001
    name = "NotFound"


class UnknownContext(NotFound):
    """A wrong word on the command line or in the configuration, and so another exit code than an object that is not there."""

    exit_code = 2


class AlreadyExists(ApiError):
    name = "AlreadyExists"


class Conflict(ApiError):
    name = "Conflict"


class Gone(ApiError):
    name = "Gone"


class Invalid(ApiError):
    code = -32602
    name = "InvalidParams"


class TooManyRequests(ApiError):
    """``retry_after`` in seconds, as the server asked."""

    code = -32029
    name = "RateLimited"
    retry_after: float = 1.0


class ServerError(ApiError):
    code = -32050
    name = "ServiceUnavailable"


class StoreError(ConsoleError):
    """The cache file."""


class StoreCorrupt(StoreError):
    """Not a database, or a damaged one."""


class StoreLocked(StoreError):
    """Another process has held the file longer than the time-out."""


class StoreUnwritable(StoreError):
    """No permission, no space, or no such folder."""


class StoreKeyError(StoreError):
    """Encrypted with another key, encrypted though no key was given, or plain though one was. The file is left as it is."""

    exit_code = 2


class StoreTooNew(StoreError):
    """Written by a newer version of this program."""

    exit_code = 2


def argument_details(parameter: str, given: Any, nearest: Iterable[Any] = (), expected: str = "", **more: Any) -> dict[str, Any]:
    """The ``details`` of an error about one argument. nearest: valid values, the most likely first. expected is left out where empty."""
    wanted = {"expected": expected} if expected else {}
    return {"parameter": parameter, "given": given, **wanted, "nearest": list(nearest), **more}
