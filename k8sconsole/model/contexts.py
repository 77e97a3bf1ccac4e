"""What can be reached, and how its logs are asked for: the words that the cluster room and the faces share."""

import msgspec

from k8sconsole.model.refs import ClusterName


class LogOptions(msgspec.Struct, frozen=True):
    """since in seconds; tail in lines; None leaves it to the server."""

    container: str = ""
    follow: bool = False
    previous: bool = False
    timestamps: bool = False
    since: int | None = None
    tail: int | None = None
    limit_bytes: int | None = None


class ContextInfo(msgspec.Struct, frozen=True):
    """One context of a kubeconfig, read without connecting. problem says why it cannot be used, empty when it can."""

    name: ClusterName
    cluster: str
    server: str
    user: str
    namespace: str
    current: bool = False
    problem: str = ""
