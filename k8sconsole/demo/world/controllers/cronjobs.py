"""CronJobs: create a Job at every scheduled time."""

from typing import ClassVar

from k8sconsole.demo.clock import format_timestamp, parse_timestamp
from k8sconsole.demo.world import conditions
from k8sconsole.demo.world.controller import (
    BaseController,
    Json,
    Key,
    Router,
    is_being_deleted,
    owner_reference,
    route_spec_change,
    route_to_owner,
)
from k8sconsole.demo.world.controllers.jobs import is_done
from k8sconsole.demo.world.kinds import CRON_JOBS, JOBS
from k8sconsole.demo.world.schedule import CronSchedule

_COMPONENT = "cronjob-controller"


class CronJobController(BaseController):
    name: ClassVar[str] = "cronjob"
    primary = CRON_JOBS

    def routes(self) -> dict[str, Router]:
        return {CRON_JOBS.key: route_spec_change, JOBS.key: route_to_owner("CronJob")}

    def reconcile(self, key: Key) -> float | None:
        cron = self.context.find(CRON_JOBS, key)
        if cron is None or is_being_deleted(cron):
            return None
        try:
            schedule = CronSchedule(cron["spec"]["schedule"])
        except ValueError as error:
            self.context.recorder.record_warning(
                cron, "UnparseableSchedule", f"unparseable schedule: {cron['spec']['schedule']!r}: {error}", _COMPONENT
            )
            return None
        if not cron["spec"].get("suspend"):
            self._start_due_job(cron, schedule)
        self._update_history(key)
        if cron["spec"].get("suspend"):
            return None
        return (schedule.next_after(self.context.now) - self.context.now).total_seconds()

    def _start_due_job(self, cron: Json, schedule: CronSchedule) -> None:
        """Create the job of the latest scheduled time since the last run, if one has passed."""
        meta, status = cron["metadata"], cron.get("status", {})
        since = parse_timestamp(status.get("lastScheduleTime") or meta["creationTimestamp"])
        time = schedule.latest_in(since, self.context.now)
        if time is None:
            return
        active = [job for job in self.context.find_owned(cron, JOBS) if not is_done(job)]
        policy = cron["spec"].get("concurrencyPolicy", "Allow")
        if active and policy == "Forbid":
            message = "Not starting job because prior execution is running and concurrency policy is Forbid"
            self.context.recorder.record_normal(cron, "JobAlreadyActive", message, _COMPONENT)
            return
        for job in active if policy == "Replace" else ():
            self._delete_job(cron, job)
        name = f"{meta['name']}-{int(time.timestamp()) // 60}"
        if not self.store.has(JOBS, meta["namespace"], name):
            self.store.create(JOBS, self._build_job(cron, name, format_timestamp(time)))
            self.context.recorder.record_normal(cron, "SuccessfulCreate", f"Created job {name}", _COMPONENT)
        status = {**status, "lastScheduleTime": format_timestamp(time)}
        self.context.set_status(CRON_JOBS, cron, status)

    def _build_job(self, cron: Json, name: str, time: str) -> Json:
        template = cron["spec"]["jobTemplate"]
        meta = template.get("metadata", {})
        annotations = {**meta.get("annotations", {}), "batch.kubernetes.io/cronjob-scheduled-timestamp": time}
        return {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": {
                "name": name,
                "namespace": cron["metadata"]["namespace"],
                "labels": meta.get("labels", {}),
                "annotations": annotations,
                "ownerReferences": [owner_reference(cron, CRON_JOBS)],
            },
            "spec": {
                "completions": 1,
                "parallelism": 1,
                "backoffLimit": 6,
                "completionMode": "NonIndexed",
                "suspend": False,
                **template["spec"],
            },
            "status": {},
        }

    def _update_history(self, key: Key) -> None:
        """Update the active jobs and the last success in the status, and delete jobs beyond the history limits."""
        cron = self.store.get(CRON_JOBS, *key)
        status, jobs = dict(cron.get("status", {})), self.context.find_owned(cron, JOBS)
        before = {each["name"] for each in status.pop("active", ())}
        running = [job for job in jobs if not is_done(job)]
        for job in jobs:
            if job["metadata"]["name"] in before and is_done(job):
                outcome = "Complete" if conditions.is_true(job["status"], "Complete") else "Failed"
                message = f"Saw completed job: {job['metadata']['name']}, condition: {outcome}"
                self.context.recorder.record_normal(cron, "SawCompletedJob", message, _COMPONENT)
        if running:
            status["active"] = [_object_reference(job) for job in running]
        successes = [job["status"]["completionTime"] for job in jobs if "completionTime" in job.get("status", {})]
        if successes:
            status["lastSuccessfulTime"] = max(successes)
        self.context.set_status(CRON_JOBS, cron, status)
        self._delete_old_jobs(cron, [job for job in jobs if is_done(job)])

    def _delete_old_jobs(self, cron: Json, finished: list[Json]) -> None:
        for outcome, limit, default in (("Complete", "successfulJobsHistoryLimit", 3), ("Failed", "failedJobsHistoryLimit", 1)):
            ended = sorted(
                (job for job in finished if conditions.is_true(job["status"], outcome)),
                key=lambda job: str(job["metadata"]["creationTimestamp"]),
            )
            for job in ended[: max(0, len(ended) - cron["spec"].get(limit, default))]:
                self._delete_job(cron, job)

    def _delete_job(self, cron: Json, job: Json) -> None:
        self.store.delete(JOBS, job["metadata"]["namespace"], job["metadata"]["name"])
        self.context.recorder.record_normal(cron, "SuccessfulDelete", f"Deleted job {job['metadata']['name']}", _COMPONENT)


def _object_reference(job: Json) -> Json:
    meta = job["metadata"]
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "name": meta["name"],
        "namespace": meta["namespace"],
        "uid": meta["uid"],
        "resourceVersion": meta["resourceVersion"],
    }
