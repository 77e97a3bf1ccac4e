"""Jobs: create pods until enough have succeeded or too many have failed."""

from datetime import timedelta
from typing import Any, ClassVar

from k8sconsole.demo.clock import parse_timestamp
from k8sconsole.demo.world import conditions, pods
from k8sconsole.demo.world.controller import BaseController, Json, Key, Router, is_being_deleted, route_spec_change, route_to_owner
from k8sconsole.demo.world.kinds import JOBS, PODS

_COMPONENT = "job-controller"


class JobController(BaseController):
    name: ClassVar[str] = "job"
    primary = JOBS

    def routes(self) -> dict[str, Router]:
        return {JOBS.key: route_spec_change, PODS.key: route_to_owner("Job")}

    def reconcile(self, key: Key) -> float | None:
        job = self.context.find(JOBS, key)
        if job is None or is_being_deleted(job):
            return None
        if is_done(job):
            return self._delete_expired(job)
        self._set_selector(job)
        members = self.context.find_owned(job, PODS)
        final = self._final_condition(job, members)
        wait = None
        if final or job["spec"].get("suspend"):
            self._delete_active(job, members)
        else:
            wait = self._create_missing(job, members)
        self._write_status(job, final)
        return wait

    def _set_selector(self, job: Json) -> None:
        """Set the selector that an API server generates: the job's uid."""
        if "selector" not in job["spec"]:
            labels = {"batch.kubernetes.io/controller-uid": job["metadata"]["uid"]}
            namespace, name = job["metadata"]["namespace"], job["metadata"]["name"]
            self.store.mutate(JOBS, namespace, name, lambda fresh: fresh["spec"].update(selector={"matchLabels": labels}))

    def _final_condition(self, job: Json, members: list[Json]) -> Json | None:
        """The final condition, or None while the job is unfinished."""
        spec, succeeded = job["spec"], sum(pods.pod_phase(pod) == "Succeeded" for pod in members)
        if succeeded >= spec.get("completions", 1):
            return {
                "type": "Complete",
                "status": "True",
                "reason": "CompletionsReached",
                "message": "Reached expected number of succeeded pods",
            }
        if _count_failures(members) > spec.get("backoffLimit", 6):
            return _failed_condition("BackoffLimitExceeded", "Job has reached the specified backoff limit")
        deadline, started = spec.get("activeDeadlineSeconds"), job.get("status", {}).get("startTime")
        if deadline and started and parse_timestamp(started) + timedelta(seconds=deadline) <= self.context.now:
            return _failed_condition("DeadlineExceeded", "Job was active longer than specified deadline")
        return None

    def _create_missing(self, job: Json, members: list[Json]) -> float | None:
        spec = job["spec"]
        running = sum(map(pods.is_active, members))
        outstanding = spec.get("completions", 1) - sum(pods.pod_phase(pod) == "Succeeded" for pod in members)
        missing = min(spec.get("parallelism", 1), outstanding) - running
        pause = self._back_off_left(members) if missing > 0 else 0.0
        if pause > 0:
            return pause
        for _ in range(max(0, missing)):
            if self._create_pod(job):
                return 60.0
        return float(spec["activeDeadlineSeconds"]) if "activeDeadlineSeconds" in spec else None

    def _back_off_left(self, members: list[Json]) -> float:
        """Remaining seconds of the back-off after the last failure: 10 s, doubled with each failure, at most six minutes."""
        failed = [pod for pod in members if pods.pod_phase(pod) == "Failed"]
        if not failed:
            return 0.0
        last = (
            max(parse_timestamp(ended["finishedAt"]) for pod in failed for ended in _terminated_states(pod))
            if any(map(_terminated_states, failed))
            else self.context.now
        )
        due = last + timedelta(seconds=min(360.0, 10.0 * 2 ** (len(failed) - 1)))
        return (due - self.context.now).total_seconds()

    def _create_pod(self, job: Json) -> str:
        meta = job["metadata"]
        pod = pods.build_from_template(job["spec"]["template"], job, JOBS, pods.generate_name(meta["name"], self.context, meta["uid"]))
        for prefix in ("", "batch.kubernetes.io/"):
            pod["metadata"]["labels"] |= {f"{prefix}controller-uid": meta["uid"], f"{prefix}job-name": meta["name"]}
        pod["metadata"]["generateName"] = meta["name"] + "-"
        return pods.create_pod(self, job, pod)

    def _delete_active(self, job: Json, members: list[Json]) -> None:
        for pod in members:
            if pods.is_active(pod):
                pods.delete_pod(self, job, pod)

    def _write_status(self, job: Json, final: Json | None) -> None:
        members = self.context.find_owned(job, PODS)
        active = [pod for pod in members if pods.is_active(pod)]
        counts = {
            "active": len(active),
            "ready": sum(map(pods.is_ready, active)),
            "succeeded": sum(pods.pod_phase(pod) == "Succeeded" for pod in members),
            "failed": sum(pods.pod_phase(pod) == "Failed" for pod in members),
        }
        status: dict[str, Any] = {name: value for name, value in job.get("status", {}).items() if name not in counts}
        status |= {name: value for name, value in counts.items() if value or name == "ready"}
        status |= {"startTime": status.get("startTime") or self.context.stamp, "uncountedTerminatedPods": {}, "terminating": 0}
        if final:
            self._record_result(job, status, final)
        self.context.set_status(JOBS, job, status)

    def _record_result(self, job: Json, status: Json, final: Json) -> None:
        status["conditions"] = [dict(condition) for condition in status.get("conditions", ())]
        conditions.set_condition(status, final | {"lastProbeTime": self.context.stamp}, self.context.stamp)
        if final["type"] == "Complete":
            status["completionTime"] = self.context.stamp
            self.context.recorder.record_normal(job, "Completed", "Job completed", _COMPONENT)
        else:
            self.context.recorder.record_warning(job, final["reason"], final["message"], _COMPONENT)

    def _delete_expired(self, job: Json) -> float | None:
        """Delete a finished job after its ttlSecondsAfterFinished. Returns the remaining seconds, or None."""
        ttl = job["spec"].get("ttlSecondsAfterFinished")
        if ttl is None:
            return None
        ended = max(parse_timestamp(condition["lastTransitionTime"]) for condition in job["status"]["conditions"])
        remaining = (ended + timedelta(seconds=ttl) - self.context.now).total_seconds()
        if remaining <= 0:
            self.store.delete(JOBS, job["metadata"]["namespace"], job["metadata"]["name"])
        return remaining if remaining > 0 else None


def is_done(job: Json) -> bool:
    return any(conditions.is_true(job.get("status", {}), type_) for type_ in ("Complete", "Failed"))


def _failed_condition(reason: str, message: str) -> Json:
    return {"type": "Failed", "status": "True", "reason": reason, "message": message}


def _count_failures(members: list[Json]) -> int:
    """The number of failed pods, plus container restarts in pods with restartPolicy OnFailure."""
    restarts = sum(each.get("restartCount", 0) for pod in members for each in pod.get("status", {}).get("containerStatuses", ()))
    return int(restarts) + sum(pods.pod_phase(pod) == "Failed" for pod in members)


def _terminated_states(pod: Json) -> list[Json]:
    states = (each["state"].get("terminated") for each in pod.get("status", {}).get("containerStatuses", ()))
    return [ended for ended in states if ended]
