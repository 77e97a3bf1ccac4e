"""Clusters: the contexts of a kubeconfig, the identity of a cluster, the connections to its API server, and options for reading logs."""

import msgspec

from k8sconsole.model.refs import ClusterName


class PoolBounds(msgspec.Struct, frozen=True):
    """The connections to one cluster. What holds hold from the next time it is opened."""

    pool_min: int = 2
    """Connections to a cluster that stay for the next request after a rush is over, until nothing was asked for keep_alive seconds."""
    pool_max: int = 10
    """Connections for short requests to one cluster at the same time; who comes when all are taken waits. Watches and followed logs have
    their own."""
    keep_alive: float = 90.0
    """Seconds after which an unused connection is closed."""


class Connections(msgspec.Struct, frozen=True):
    """Those to one cluster at one moment. size: open for short requests, of which in_use carry one; waiting: requests that wait for one to
    become free. made, reused: how often, so far. streams: open for watches, followed logs and the like."""

    cluster: ClusterName
    size: int = 0
    in_use: int = 0
    waiting: int = 0
    made: int = 0
    reused: int = 0
    streams: int = 0


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


class ClusterIdentity(msgspec.Struct, frozen=True):
    """uid: of the namespace kube-system, which lives as long as its cluster; empty where it may not be read. door: a fingerprint of the
    server's address and authority."""

    uid: str = ""
    door: str = ""

    def __str__(self) -> str:
        return f"{self.uid} {self.door}" if self.uid or self.door else ""

    @classmethod
    def of(cls, text: str) -> "ClusterIdentity":
        """What ``str`` made; empty for empty text."""
        uid, _, door = text.partition(" ")
        return cls(uid, door)


def is_different_cluster(before: ClusterIdentity, now: ClusterIdentity) -> bool:
    """Whether these are two clusters: by their uids, or by their doors where a uid is not known. A cluster that moved to another address
    is still the same when its uid says so."""
    if before.uid and now.uid:
        return before.uid != now.uid
    return bool(before.door and now.door and before.door != now.door)
