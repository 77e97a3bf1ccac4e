"""CronJobs: a Job whenever the demo's clock strikes."""

from typing import ClassVar

from k8sconsole.demo.clock import moment, stamp
from k8sconsole.demo.world import conditions
from k8sconsole.demo.world.controller import BaseController, Json, Key, Router, being_deleted, reference, spec_changed, to_owner
from k8sconsole.demo.world.controllers.jobs import done
from k8sconsole.demo.world.kinds import CRON_JOBS, JOBS
from k8sconsole.demo.world.schedule import CronSchedule

_COMPONENT = "cronjob-controller"


class CronJobController(BaseController):
    name: ClassVar[str] = "cronjob"
    primary = CRON_JOBS

    def watches(self) -> dict[str, Router]:
        return {CRON_JOBS.key: spec_changed, JOBS.key: to_owner("CronJob")}

    def reconcile(self, key: Key) -> float | None:
        cron = self.context.find(CRON_JOBS, key)
        if cron is None or being_deleted(cron):
            return None
        try:
            schedule = CronSchedule(cron["spec"]["schedule"])
        except ValueError as error:
            self.context.recorder.warning(
                cron, "UnparseableSchedule", f"unparseable schedule: {cron['spec']['schedule']!r}: {error}", _COMPONENT
            )
            return None
        if not cron["spec"].get("suspend"):
            self._strike(cron, schedule)
        self._account(key)
        if cron["spec"].get("suspend"):
            return None
        return (schedule.after(self.context.now) - self.context.now).total_seconds()

    def _strike(self, cron: Json, schedule: CronSchedule) -> None:
        """Create the job of the latest time that has passed since the last one."""
        meta, status = cron["metadata"], cron.get("status", {})
        since = moment(status.get("lastScheduleTime") or meta["creationTimestamp"])
        time = schedule.latest(since, self.context.now)
        if time is None:
            return
        active = [job for job in self.context.owned(cron, JOBS) if not done(job)]
        policy = cron["spec"].get("concurrencyPolicy", "Allow")
        if active and policy == "Forbid":
            said = "Not starting job because prior execution is running and concurrency policy is Forbid"
            self.context.recorder.normal(cron, "JobAlreadyActive", said, _COMPONENT)
            return
        for job in active if policy == "Replace" else ():
            self._delete(cron, job)
        name = f"{meta['name']}-{int(time.timestamp()) // 60}"
        if not self.store.has(JOBS, meta["namespace"], name):
            self.store.create(JOBS, self._job(cron, name, stamp(time)))
            self.context.recorder.normal(cron, "SuccessfulCreate", f"Created job {name}", _COMPONENT)
        status = {**status, "lastScheduleTime": stamp(time)}
        self.context.set_status(CRON_JOBS, cron, status)

    def _job(self, cron: Json, name: str, time: str) -> Json:
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
                "ownerReferences": [reference(cron, CRON_JOBS)],
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

    def _account(self, key: Key) -> None:
        """Note which jobs run and when the last succeeded, and delete what exceeds the history limits."""
        cron = self.store.get(CRON_JOBS, *key)
        status, jobs = dict(cron.get("status", {})), self.context.owned(cron, JOBS)
        before = {each["name"] for each in status.pop("active", ())}
        running = [job for job in jobs if not done(job)]
        for job in jobs:
            if job["metadata"]["name"] in before and done(job):
                outcome = "Complete" if conditions.is_true(job["status"], "Complete") else "Failed"
                said = f"Saw completed job: {job['metadata']['name']}, condition: {outcome}"
                self.context.recorder.normal(cron, "SawCompletedJob", said, _COMPONENT)
        if running:
            status["active"] = [_reference(job) for job in running]
        successes = [job["status"]["completionTime"] for job in jobs if "completionTime" in job.get("status", {})]
        if successes:
            status["lastSuccessfulTime"] = max(successes)
        self.context.set_status(CRON_JOBS, cron, status)
        self._forget(cron, [job for job in jobs if done(job)])

    def _forget(self, cron: Json, finished: list[Json]) -> None:
        for outcome, limit, usual in (("Complete", "successfulJobsHistoryLimit", 3), ("Failed", "failedJobsHistoryLimit", 1)):
            ended = sorted(
                (job for job in finished if conditions.is_true(job["status"], outcome)),
                key=lambda job: str(job["metadata"]["creationTimestamp"]),
            )
            for job in ended[: max(0, len(ended) - cron["spec"].get(limit, usual))]:
                self._delete(cron, job)

    def _delete(self, cron: Json, job: Json) -> None:
        self.store.delete(JOBS, job["metadata"]["namespace"], job["metadata"]["name"])
        self.context.recorder.normal(cron, "SuccessfulDelete", f"Deleted job {job['metadata']['name']}", _COMPONENT)


def _reference(job: Json) -> Json:
    meta = job["metadata"]
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "name": meta["name"],
        "namespace": meta["namespace"],
        "uid": meta["uid"],
        "resourceVersion": meta["resourceVersion"],
    }
