"""Connections to an API server: how many there may be, and how many there are."""

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
