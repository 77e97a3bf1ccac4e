"""Tables of Jobs and CronJobs."""

from datetime import datetime
from typing import Any

import msgspec

from k8sconsole.model.objects import Cell
from k8sconsole.model.tables.columns import AGE, NAME, OWNER, STATUS, CellKind, Column, flag, number, text, time
from k8sconsole.model.tables.kind import KindTable, build_table, read_created_at, read_name
from k8sconsole.model.tables.shape_decoder import Shape
from k8sconsole.model.tables.shapes import Condition, Meta, Selector, Template, is_condition_true, selector_cell, to_epoch_seconds
from k8sconsole.model.tables.workloads import (
    CONTAINERS,
    IMAGES,
    SELECTOR,
    SELECTOR_FIELD,
    TEMPLATE_FIELDS,
    container_images,
    container_names,
    read_owner,
)


class _JobSpec(Shape, frozen=True):
    completions: int | None = None
    parallelism: int | None = None
    selector: Selector = Selector()
    template: Template = Template()


class _JobStatus(Shape, frozen=True):
    succeeded: int = 0
    start_time: datetime | None = None
    completion_time: datetime | None = None
    conditions: list[Condition] = []


class _Job(Shape, frozen=True):
    metadata: Meta = Meta()
    spec: _JobSpec = _JobSpec()
    status: _JobStatus = _JobStatus()


class _JobTemplate(Shape, frozen=True):
    spec: _JobSpec = _JobSpec()


class _CronJobSpec(Shape, frozen=True):
    schedule: str = ""
    time_zone: str | None = None
    suspend: bool | None = None
    job_template: _JobTemplate = _JobTemplate()


class _CronJobStatus(Shape, frozen=True):
    active: list[Any] = []
    last_schedule_time: datetime | None = None


class _CronJob(Shape, frozen=True):
    metadata: Meta = Meta()
    spec: _CronJobSpec = _CronJobSpec()
    status: _CronJobStatus = _CronJobStatus()


def job_status(obj: _Job) -> Cell:
    """STATUS as kubectl prints it."""
    conditions = obj.status.conditions
    for word in ("Complete", "Failed"):
        if is_condition_true(conditions, word):
            return word
    if obj.metadata.deletion_timestamp is not None:
        return "Terminating"
    return next((word for word in ("Suspended", "FailureTarget", "SuccessCriteriaMet") if is_condition_true(conditions, word)), "Running")


def _completions(obj: _Job) -> Cell:
    """COMPLETIONS as kubectl prints it. A Job without spec.completions is complete with the first pod that succeeds."""
    if obj.spec.completions is not None:
        return f"{obj.status.succeeded}/{obj.spec.completions}"
    parallel = obj.spec.parallelism or 0
    return f"{obj.status.succeeded}/1 of {parallel}" if parallel > 1 else f"{obj.status.succeeded}/1"


def _duration(obj: _Job) -> Cell:
    """The zero time counts as a time here, as kubectl counts it: a Job that was completed then has an invalid duration."""
    begin, end = obj.status.start_time, obj.status.completion_time
    return None if begin is None else [begin.timestamp(), None if end is None else end.timestamp()]


JOBS = build_table(
    "jobs.batch",
    _Job,
    (
        (NAME, read_name),
        (STATUS, job_status),
        (text("COMPLETIONS", wish=11), _completions),
        (Column("DURATION", CellKind.SPAN, 25, 4, 8, right=True), _duration),
        (AGE, read_created_at),
        *TEMPLATE_FIELDS,
        SELECTOR_FIELD,
        (OWNER, read_owner),
    ),
)


SUSPEND = msgspec.structs.replace(flag("SUSPEND"), kind=CellKind.SWITCH)


def _template(obj: _CronJob) -> _JobSpec:
    return obj.spec.job_template.spec


CRONJOBS = build_table(
    "cronjobs.batch",
    _CronJob,
    (
        (NAME, read_name),
        (text("SCHEDULE", wish=14), lambda obj: obj.spec.schedule or None),
        (text("TIMEZONE", wish=14), lambda obj: obj.spec.time_zone),
        (SUSPEND, lambda obj: bool(obj.spec.suspend)),
        (number("ACTIVE"), lambda obj: len(obj.status.active)),
        (time("LAST SCHEDULE"), lambda obj: to_epoch_seconds(obj.status.last_schedule_time)),
        (AGE, read_created_at),
        (CONTAINERS, lambda obj: container_names(_template(obj).template.spec.containers)),
        (IMAGES, lambda obj: container_images(_template(obj).template.spec.containers)),
        (SELECTOR, lambda obj: selector_cell(_template(obj).selector)),
        (OWNER, read_owner),
    ),
)

TABLES: tuple[KindTable, ...] = (JOBS, CRONJOBS)
