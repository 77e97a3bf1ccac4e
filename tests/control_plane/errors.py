"""Errors of building and starting a control plane."""


class ControlPlaneError(Exception):
    """The control plane cannot be built, started or reached. The message has a remedy."""


class BinariesMissing(ControlPlaneError):
    """Programs of the control plane were not found on this machine.

    ``names`` lists them; ``remedy`` is the command that builds them; ``optional`` says that nothing else depends on them.
    """

    def __init__(self, names: list[str], remedy: str, *, optional: bool) -> None:
        self.names = names
        self.optional = optional
        super().__init__(f"not built: {', '.join(names)} (try: {remedy})")


class GoMissing(ControlPlaneError):
    """There is no Go toolchain to build with."""

    def __init__(self) -> None:
        super().__init__(
            "no Go toolchain found (try: install Go 1.26 from https://go.dev/dl and put it on PATH, "
            "or point KUBEBUILDER_ASSETS at a folder that has the binaries)"
        )


class BuildFailed(ControlPlaneError):
    """The Go compiler failed. The message ends with its output."""


class StartFailed(ControlPlaneError):
    """A program ended or did not become ready in time. The message ends with the tail of its log."""


class ApiError(ControlPlaneError):
    """The API server answered with a failure. ``status`` is the HTTP code, ``reason`` the Status object's word."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        self.status = status
        self.reason = reason
        super().__init__(f"{status} {reason}: {message}")
