"""Turns a scenario file into timed actions: what was created, rolled out or deleted, and when."""

import copy
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from k8sconsole.demo.clock import format_timestamp
from k8sconsole.demo.resources import ServedResource
from k8sconsole.demo.world.behaviour import Behaviour, Behaviours
from k8sconsole.demo.world.controller import ControllerContext
from k8sconsole.demo.world.controllers.cronjobs import CronJobController
from k8sconsole.demo.world.kinds import DEPLOYMENTS, NAMESPACES, NODES, PODS, QUOTAS, SECRETS, STATEFUL_SETS
from k8sconsole.demo.world.pods import prepare_pod
from k8sconsole.demo.world.recorder import DeferredEventRecorder
from k8sconsole.demo.world.schedule import CronSchedule
from k8sconsole.demo.world.staging.certificates import build_tls_secret
from k8sconsole.demo.world.staging.manifests import build_manifests
from k8sconsole.demo.world.staging.nodes import build_pool, with_disk_pressure
from k8sconsole.demo.world.staging.releases import release_secrets
from k8sconsole.demo.world.staging.scenario_file import ImageRelease, NamespaceSpec, ScenarioFile, WorkloadSpec, parse_duration
from k8sconsole.demo.world.staging.time_lapse import RECENT_PAST, TimedAction

if TYPE_CHECKING:
    from k8sconsole.demo.storage import ObjectStore

Json = dict[str, Any]
_CAUSE = "kubernetes.io/change-cause"
_ROLLED_OUT = {"Deployment": DEPLOYMENTS, "StatefulSet": STATEFUL_SETS}


class ScenarioBuilder:
    """Builds the actions and behaviours of one scenario file for one store."""

    def __init__(self, content: ScenarioFile, store: "ObjectStore", seed: int) -> None:
        self._content = content
        self._store = store
        self._seed = seed
        self._now = store.clock.now().replace(microsecond=0)

    def actions(self) -> list[TimedAction]:
        """All actions, unsorted. Actions with equal times keep this order."""
        content = self._content
        found = [
            *self._node_actions(),
            *(action for name, spec in content.namespaces.items() for action in self._namespace_actions(name, spec)),
        ]
        found += [action for each in list_objects(content.objects) for action in self._object_actions(each)]
        found += [self._create_action(each.age, SECRETS, build_tls_secret(each, self._now, self._seed)) for each in content.certificates]
        found += [self._create_action(at, SECRETS, secret) for each in content.releases for at, secret in release_secrets(each, self._now)]
        found += [action for workload in content.workloads for action in self._workload_actions(workload)]
        return found + [
            TimedAction(self._time_ago(each.at), _disk_pressure_change(self._store, each.node, self._time_ago(each.at)))
            for each in content.pressures
        ]

    def behaviours(self) -> Behaviours:
        """The scenario's behaviours: first those listed, then those of the workloads."""
        own = [_workload_behaviour(workload) for workload in self._content.workloads if workload.behaviour]
        return Behaviours([*self._content.behaviours, *own], self._content.registry, self._content.life)

    def _node_actions(self) -> Iterator[TimedAction]:
        first = 0
        for pool in self._content.nodes:
            for node in build_pool(pool, first, format_timestamp(self._now)):
                yield self._create_action(pool.age, NODES, node)
            first += pool.count

    def _namespace_actions(self, name: str, spec: NamespaceSpec) -> Iterator[TimedAction]:
        meta = {"name": name, "labels": spec.labels, "annotations": spec.annotations}
        namespace = {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": meta,
            "spec": {"finalizers": ["kubernetes"]},
            "status": {"phase": "Active"},
        }
        yield self._create_action(spec.age, NAMESPACES, namespace)
        if spec.quota:
            quota = {
                "apiVersion": "v1",
                "kind": "ResourceQuota",
                "metadata": {"name": "compute", "namespace": name},
                "spec": {"hard": spec.quota},
            }
            yield self._create_action(spec.age, QUOTAS, quota)
        if spec.deleted:
            yield TimedAction(self._time_ago(spec.deleted), lambda: self._store.delete(NAMESPACES, "", name))

    def _object_actions(self, manifest: Json) -> Iterator[TimedAction]:
        """Actions that create, and later delete, a manifest. Its extra keys `age` and `deleted` say when."""
        obj = {key: value for key, value in manifest.items() if key not in ("age", "deleted")}
        at = self._time_ago(manifest.get("age", "30d"))
        yield TimedAction(at, lambda: self._create_object(self._find_resource(obj), obj))
        if "deleted" in manifest:
            meta = obj["metadata"]
            yield TimedAction(
                self._time_ago(manifest["deleted"]),
                lambda: self._store.delete(self._find_resource(obj), meta.get("namespace"), meta["name"]),
            )

    def _workload_actions(self, workload: WorkloadSpec) -> Iterator[TimedAction]:
        for obj in build_manifests(workload):
            yield self._create_action(workload.age, self._find_resource(obj), obj)
        if workload.kind == "CronJob":
            yield from self._last_cron_run(workload)
        for release in workload.history:
            yield TimedAction(self._time_ago(release.at), self._rollout_change(workload, release))

    def _last_cron_run(self, workload: WorkloadSpec) -> Iterator[TimedAction]:
        """The last cron run before the recent past. Its events have expired, so they are dropped."""
        at = CronSchedule(workload.schedule).latest_in(self._time_ago(workload.age), self._now - RECENT_PAST)

        def run_once() -> None:
            discarded_events = DeferredEventRecorder(self._store, self._store.clock)
            CronJobController(ControllerContext(self._store, self._store.clock, self._seed, discarded_events)).reconcile(
                (workload.namespace, workload.name)
            )

        if at is not None:
            yield TimedAction(at, run_once)

    def _rollout_change(self, workload: WorkloadSpec, release: ImageRelease) -> Any:
        def change(fresh: Json) -> None:
            template = fresh["spec"]["template"]
            template["spec"]["containers"][0]["image"] = release.image
            template["metadata"]["labels"]["app.kubernetes.io/version"] = release.image.rpartition(":")[2]
            fresh["metadata"].setdefault("annotations", {})[_CAUSE] = release.cause or f"image {release.image}"

        return lambda: self._store.mutate(_ROLLED_OUT[workload.kind], workload.namespace, workload.name, change)

    def _find_resource(self, obj: Json) -> ServedResource:
        found = self._store.registry.find_by_kind(obj["apiVersion"], obj["kind"])
        if found is None:
            raise ValueError(f"the scenario has a {obj['kind']} of {obj['apiVersion']}, which nothing defines")
        return found

    def _create_action(self, age: str, resource: ServedResource, obj: Json) -> TimedAction:
        return TimedAction(self._time_ago(age), lambda: self._create_object(resource, obj))

    def _create_object(self, resource: ServedResource, obj: Json) -> None:
        copied = copy.deepcopy(obj)
        if resource is PODS:
            prepare_pod(self._store, copied, self._seed)
        self._store.create(resource, copied)

    def _time_ago(self, age: str) -> datetime:
        return self._now - parse_duration(age)


def list_objects(manifests: Iterable[Json]) -> Iterator[Json]:
    """The manifests, with those of the kind List replaced by their items, which inherit the list's extra keys."""
    for manifest in manifests:
        if manifest.get("kind") != "List":
            yield manifest
            continue
        extra = {key: manifest[key] for key in ("age", "deleted") if key in manifest}
        yield from list_objects(extra | item for item in manifest.get("items") or ())


def _workload_behaviour(workload: WorkloadSpec) -> Behaviour:
    where = {"namespace": workload.namespace, "workload": workload.name, "container": workload.container}
    return msgspec.convert(where | workload.behaviour, Behaviour)


def _disk_pressure_change(store: "ObjectStore", node: str, at: datetime) -> Any:
    def change(fresh: Json) -> None:
        fresh["status"]["conditions"] = with_disk_pressure(fresh["status"]["conditions"], format_timestamp(at))

    return lambda: store.mutate(NODES, "", node, change)
