"""Every error that may reach a person or a client, in one tree.

    ConsoleError                 the work failed
    ├── UsageError               wrong command, argument or setting
    │   ├── InvalidParams        a tool's argument
    │   ├── UnknownTool          no tool of that name
    │   ├── ConfigurationError   a setting, a kubeconfig
    │   └── FilterError          a filter expression; has its column
    ├── Unavailable              a cluster or service does not answer
    │   ├── Unreachable          no connection to its address
    │   │   └── ConnectionCut    the connection closed before the reply was complete
    │   ├── CredentialsError     credentials missing, expired or rejected
    │   └── DeadlineExceeded     no reply in time
    ├── RateLimited              too many concurrent calls in this process; has retry_after
    ├── Denied                   refused by policy, by a person, or by RBAC
    │   ├── PolicyDenied         a policy rule, read-only mode, or a tool not offered to this face
    │   ├── ApprovalDenied       a person refused, or no approval was possible
    │   └── Forbidden            the API server's 403
    ├── SystemRefusal            the operating system: a full disk, a port in use, a refused permission
    │   └── OutOfFiles           no further file or connection can be opened
    ├── ToolFailed               a tool of an attached server reported an error
    ├── ApiError                 the API server's own Status; has retry_after
    │   ├── NotFound             404, also for a namespace that does not exist
    │   │   └── UnknownContext   a context that is in no kubeconfig
    │   ├── AlreadyExists        409 on create
    │   ├── Conflict             409 on update
    │   ├── Gone                 410: the resourceVersion or continue token has expired
    │   ├── Invalid              400 and 422
    │   ├── TooManyRequests      429
    │   └── ServerError          5xx
    └── StoreError               the cache file
        ├── StoreCorrupt         not a database, or damaged
        ├── StoreLocked          another process holds the file
        ├── StoreUnwritable      no permission, no space, no folder
        ├── StoreTooNew          written by a newer version of this program
        └── StoreKeyError        another key, or encryption other than the settings state

Each error has a title (what failed), a detail (why) and a remedy (what to type). Code that translates a library's exception keeps it as
``__cause__``; ``--debug`` prints it.

An error is made of texts of others: a server's message, a line of a settings file. All of it is masked when the error is made, so that no
face, log, audit row or notice can show what looks like a credential.
"""

from collections.abc import Iterable, Mapping
from errno import errorcode
from pathlib import Path
from typing import Any

from k8sconsole.kit.system_errors import OUT_OF_FILES, explain_os_error


class ConsoleError(Exception):
    """The base of all errors of this package.

    title: what failed, without a full stop. detail: why. remedy: a command or setting to try. details: facts for a program (JSON values).
    What looks like a credential is masked in all four.
    """

    exit_code = 1
    code = -32603
    name = "InternalError"

    def __init__(self, title: str, detail: str = "", remedy: str = "", details: Mapping[str, Any] | None = None) -> None:
        from k8sconsole.kit.redact import mask_text, mask_tree

        self.title = mask_text(title)
        self.detail = mask_text(detail)
        self.remedy = mask_text(remedy)
        self.details: dict[str, Any] = mask_tree(dict(details or {}))
        super().__init__(self.title)

    def __str__(self) -> str:
        """One line, as the command line prints it after ``error:``."""
        why = f" — {self.detail}" if self.detail else ""
        remedy = f" (try: {self.remedy})" if self.remedy else ""
        return " ".join(f"{self.title}{why}{remedy}".split())


class UsageError(ConsoleError):
    exit_code = 2
    code = -32602
    name = "InvalidParams"


class InvalidParams(UsageError):
    """A wrong argument of a tool. ``details`` holds parameter, given, expected and the nearest valid values."""


class UnknownTool(UsageError):
    """The catalogue has no tool of that name."""


class ConfigurationError(UsageError):
    """A setting, a settings file or a kubeconfig that cannot be used."""


class FilterError(UsageError):
    """A wrong filter expression. ``column`` is 1-based."""

    def __init__(self, title: str, detail: str = "", remedy: str = "", *, column: int = 1) -> None:
        super().__init__(title, detail, remedy or "for example status!=Running restarts>3 age<2h", {"column": column})
        self.column = column


class Unavailable(ConsoleError):
    exit_code = 3
    code = -32050
    name = "ServiceUnavailable"


class Unreachable(Unavailable):
    """Connection refused, no route, unknown host, or a failed TLS handshake."""


class ConnectionCut(Unreachable):
    """The connection closed before the reply was complete. The server may have carried out the request."""


class CredentialsError(Unavailable):
    """Missing, expired or rejected credentials, or an exec plugin that is missing, fails or hangs."""


class DeadlineExceeded(Unavailable):
    code = -32008
    name = "Timeout"


class RateLimited(ConsoleError):
    """Refused before the call started, since too many calls run already. ``retry_after`` is in seconds."""

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
    """A person refused or did not answer, or no approval was possible."""


class SystemRefusal(ConsoleError):
    """The operating system refused something: a full disk, a port in use, a permission. Make it with ``refusal_of``."""


class OutOfFiles(SystemRefusal):
    """This process, or the whole machine, has as many files and connections open as it may. It passes when some are closed."""


class ToolFailed(ConsoleError):
    """A tool of an attached server ran and reported an error; the detail is the server's own text."""

    name = "ToolFailed"


class ApiError(ConsoleError):
    """The API server's reply is an error. ``status`` is its Kubernetes Status object, ``http_status`` the HTTP status code.

    retry_after: seconds that the server asks to wait (its Retry-After header); 0 when it names none.
    """

    retry_after: float = 0.0

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
    """The API server's 403; the detail is its own text."""


class NotFound(ApiError):
    code = -32001
    name = "NotFound"


class UnknownContext(NotFound):
    """No kubeconfig has this context: a usage error, hence exit code 2, unlike an object that does not exist."""

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
    """Without a Retry-After header, ``retry_after`` is one second."""

    code = -32029
    name = "RateLimited"
    retry_after: float = 1.0


class ServerError(ApiError):
    code = -32050
    name = "ServiceUnavailable"


class StoreError(ConsoleError):
    """The cache file cannot be used."""


class StoreCorrupt(StoreError):
    """The file is not a database, or it is damaged."""


class StoreLocked(StoreError):
    """Another process held the file's lock for longer than the time-out."""


class StoreUnwritable(StoreError):
    """The file cannot be written: no permission, no space, or no such folder."""


class StoreKeyError(StoreError):
    """The file is encrypted with another key, encrypted without a key in the settings, or plain with one. It is not changed."""

    exit_code = 2


class StoreTooNew(StoreError):
    """The file was written by a newer version of this program."""

    exit_code = 2


def refusal_of(title: str, error: OSError, *, path: str | Path = "", port: int = 0) -> SystemRefusal:
    """The error for an OSError. title: what failed. path, port: of the operation, where the error does not name them itself."""
    why, remedy = explain_os_error(error, path, port)
    error_class = OutOfFiles if error.errno in OUT_OF_FILES else SystemRefusal
    return error_class(title, why, remedy, {"errno": errorcode.get(error.errno or 0, "")})


def argument_details(parameter: str, given: Any, nearest: Iterable[Any] = (), expected: str = "", **more: Any) -> dict[str, Any]:
    """The ``details`` of an error about one argument. nearest: valid values, the most likely first. expected is left out where empty."""
    wanted = {"expected": expected} if expected else {}
    return {"parameter": parameter, "given": given, **wanted, "nearest": list(nearest), **more}
