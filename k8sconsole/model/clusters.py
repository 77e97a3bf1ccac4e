"""Clusters: contexts of a kubeconfig, identity of a cluster, connections to its API server, and options for reading logs."""

import msgspec

from k8sconsole.kit.text import format_age
from k8sconsole.model.refs import ClusterName


class PoolBounds(msgspec.Struct, frozen=True):
    """The connection pool of one cluster. A changed value applies from the next time the cluster is opened."""

    pool_min: int = 2
    """Idle connections that stay open for the next request, until keep_alive seconds have passed without one."""
    pool_max: int = 10
    """Connections to one cluster for short requests at the same time; a request waits while all are in use. Watches and followed logs
    have connections of their own."""
    keep_alive: float = 90.0
    """Seconds after which an unused connection is closed."""


class Connections(msgspec.Struct, frozen=True):
    """The connections to one cluster at one moment.

    size: connections open for short requests. in_use: those of them that carry a request. waiting: requests that wait for a free
    connection. made, reused: how often a connection was opened or used again, since the start. streams: connections of watches, followed
    logs and the like.
    """

    cluster: ClusterName
    size: int = 0
    in_use: int = 0
    waiting: int = 0
    made: int = 0
    reused: int = 0
    streams: int = 0


class LogOptions(msgspec.Struct, frozen=True):
    """Which log lines to read. since: seconds back. tail: lines from the end. None leaves the choice to the server."""

    container: str = ""
    follow: bool = False
    previous: bool = False
    timestamps: bool = False
    since: int | None = None
    tail: int | None = None
    limit_bytes: int | None = None


class ContextInfo(msgspec.Struct, frozen=True):
    """One context of a kubeconfig, read without connecting. problem: why it cannot be used, empty when it can.

    warning: what a person should know before using it. plugin: the command or provider that its credentials come from, empty for none.
    proxied: whether its cluster names a proxy.
    """

    name: ClusterName
    cluster: str
    server: str
    user: str
    namespace: str
    current: bool = False
    problem: str = ""
    warning: str = ""
    plugin: str = ""
    proxied: bool = False


MOST_CLOCK_SKEW = 5.0
"""Seconds by which two clocks may differ without a remark."""


def describe_clock_skew(skew: float) -> str:
    """A sentence about a server's clock; empty where it is close to this machine's. skew: seconds by which it is ahead."""
    if abs(skew) <= MOST_CLOCK_SKEW:
        return ""
    return f"the server's clock is {format_age(abs(skew))} {'ahead of' if skew > 0 else 'behind'} this machine's"


class ClusterIdentity(msgspec.Struct, frozen=True):
    """Which cluster answers, whatever its context is called: cached rows of one cluster must never be shown as another's.

    uid: that of the namespace kube-system, which lives as long as its cluster; empty where it may not be read.
    fingerprint: a hash of the server's address and certificate authority.
    """

    uid: str = ""
    fingerprint: str = ""

    def __str__(self) -> str:
        return f"{self.uid} {self.fingerprint}" if self.uid or self.fingerprint else ""

    @classmethod
    def parse(cls, text: str) -> "ClusterIdentity":
        """The inverse of ``str``; an empty text gives an empty identity."""
        uid, _, fingerprint = text.partition(" ")
        return cls(uid, fingerprint)


def is_different_cluster(before: ClusterIdentity, now: ClusterIdentity) -> bool:
    """Whether these are two clusters. The uids decide; where one is unknown, the fingerprints do.

    A cluster that moved to another address has the same uid and so is the same cluster.
    """
    if before.uid and now.uid:
        return before.uid != now.uid
    return bool(before.fingerprint and now.fingerprint and before.fingerprint != now.fingerprint)
