"""Tables of dynamic resource allocation: claims, device taints, and requests for the status of pools."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from k8sconsole.model.objects import Cell
from k8sconsole.model.tables.columns import AGE, NAME, STATUS, names, number, text, time
from k8sconsole.model.tables.kind import KindTable, build_table, read_created_at, read_name
from k8sconsole.model.tables.shape_decoder import Shape
from k8sconsole.model.tables.shapes import Meta, TimedCondition, to_epoch_seconds


class _ResourceClaimStatus(Shape, frozen=True):
    allocation: dict[str, Any] | None = None
    reserved_for: list[Any] = []


class _ResourceClaim(Shape, frozen=True):
    metadata: Meta = Meta()
    status: _ResourceClaimStatus = _ResourceClaimStatus()


def _claim_state(obj: _ResourceClaim) -> Cell:
    going, allocated = obj.metadata.deletion_timestamp is not None, obj.status.allocation is not None
    words = ["deleted"] if going else [] if allocated else ["pending"]
    words += ["allocated"] if allocated else []
    return ",".join([*words, "reserved"] if allocated and obj.status.reserved_for else words)


RESOURCE_CLAIMS = build_table(
    "resourceclaims.resource.k8s.io",
    _ResourceClaim,
    ((NAME, read_name), (msgspec.structs.replace(STATUS, name="STATE"), _claim_state), (AGE, read_created_at)),
)


class _DeviceTaint(Shape, frozen=True):
    key: str = ""
    value: str = ""
    effect: str = ""
    time_added: datetime | None = None


class _DeviceTaintSpec(Shape, frozen=True):
    taint: _DeviceTaint = _DeviceTaint()


class _DeviceTaintRule(Shape, frozen=True):
    metadata: Meta = Meta()
    spec: _DeviceTaintSpec = _DeviceTaintSpec()


DEVICE_TAINTS = build_table(
    "devicetaintrules.resource.k8s.io",
    _DeviceTaintRule,
    (
        (NAME, read_name),
        (names("KEY"), lambda obj: obj.spec.taint.key or None),
        (text("VALUE"), lambda obj: obj.spec.taint.value or None),
        (text("EFFECT"), lambda obj: obj.spec.taint.effect or None),
        (time("TIMEADDED"), lambda obj: to_epoch_seconds(obj.spec.taint.time_added)),
        (AGE, read_created_at),
    ),
)


class _PoolStatus(Shape, frozen=True):
    total_devices: int = 0
    available_devices: int = 0
    allocated_devices: int = 0
    unavailable_devices: int = 0
    validation_error: str | None = None


class _PoolRequestStatus(Shape, frozen=True):
    conditions: list[TimedCondition] = []
    pool_count: int = 0
    pools: list[_PoolStatus] = []

    @property
    def outcome(self) -> TimedCondition:
        """The condition that ends the request; an empty one before."""
        return next((each for each in self.conditions if each.type in ("Complete", "Failed") and each.status == "True"), TimedCondition())


class _PoolRequestSpec(Shape, frozen=True):
    driver: str = ""


class _PoolRequest(Shape, frozen=True):
    metadata: Meta = Meta()
    spec: _PoolRequestSpec = _PoolRequestSpec()
    status: _PoolRequestStatus | None = None


def _sum_devices(obj: _PoolRequest, read: Callable[[_PoolStatus], int]) -> Cell:
    """A count over all pools; ``-`` while there is none, and for a request that failed."""
    known = obj.status is not None and obj.status.outcome.type != "Failed"
    return sum(map(read, obj.status.pools)) if obj.status is not None and known else "-"


def _pool_request_status(obj: _PoolRequest) -> Cell:
    status = obj.status or _PoolRequestStatus()
    word = status.outcome.type or "Pending"
    return (
        f"Complete ({len(status.pools)}/{status.pool_count} pools)"
        if word == "Complete" and status.pool_count > len(status.pools)
        else word
    )


def _completed_at(obj: _PoolRequest) -> Cell:
    ended = obj.status.outcome if obj.status is not None else TimedCondition()
    return to_epoch_seconds(ended.last_transition_time) if ended.type == "Complete" else None


POOL_REQUESTS = build_table(
    "resourcepoolstatusrequests.resource.k8s.io",
    _PoolRequest,
    (
        (NAME, read_name),
        (names("DRIVER"), lambda obj: obj.spec.driver or None),
        (number("TOTAL"), lambda obj: _sum_devices(obj, lambda pool: pool.total_devices)),
        (number("AVAILABLE"), lambda obj: _sum_devices(obj, lambda pool: pool.available_devices)),
        (number("ALLOCATED"), lambda obj: _sum_devices(obj, lambda pool: pool.allocated_devices)),
        (number("UNAVAILABLE"), lambda obj: _sum_devices(obj, lambda pool: pool.unavailable_devices)),
        (number("ERRORS"), lambda obj: _sum_devices(obj, lambda pool: pool.validation_error is not None)),
        (number("POOLS"), lambda obj: obj.status.pool_count if obj.status is not None else 0),
        (STATUS, _pool_request_status),
        (time("COMPLETED"), _completed_at),
    ),
)

TABLES: tuple[KindTable, ...] = (RESOURCE_CLAIMS, DEVICE_TAINTS, POOL_REQUESTS)
