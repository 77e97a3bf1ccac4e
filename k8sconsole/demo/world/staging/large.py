"""Generates a large cluster in a settled state, without a time-lapse, so that 50 000 pods take seconds.

The pods of a deployment are made from one encoded template.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from k8sconsole.demo.clock import format_timestamp
from k8sconsole.demo.podspecs import add_admission_fields, copy_topology_labels, fill_pod_spec
from k8sconsole.demo.world import pods
from k8sconsole.demo.world.behaviour import Behaviour, Behaviours, ImageRegistry
from k8sconsole.demo.world.controllers.deployment_status import compute_status
from k8sconsole.demo.world.controllers.deployments import REVISION, build_replica_set
from k8sconsole.demo.world.controllers.endpoints import build_endpoints, build_slice
from k8sconsole.demo.world.kinds import (
    CONFIG_MAPS,
    DEPLOYMENTS,
    ENDPOINTS,
    NAMESPACES,
    NODES,
    PODS,
    REPLICA_SETS,
    SECRETS,
    SERVICES,
    SLICES,
)
from k8sconsole.demo.world.seeds import hex_digest, name_suffix, seeded_fraction, seeded_random
from k8sconsole.demo.world.staging.failure_scenarios import HEALTHY, FailureScenario, choose_failure_scenario
from k8sconsole.demo.world.staging.manifests import build_manifests
from k8sconsole.demo.world.staging.nodes import build_pool
from k8sconsole.demo.world.staging.scenario_file import NodePool, WorkloadSpec

if TYPE_CHECKING:
    from k8sconsole.demo.storage import ObjectStore

Json = dict[str, Any]


class ClusterProportions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The keys under `large:` in a scenario file: the proportions of a large cluster."""

    pods: int = 5000
    pods_per_node: int = 90
    pods_per_namespace: int = 250
    replicas: tuple[int, ...] = (2, 3, 5, 10, 20, 40)
    """The replica counts from which each deployment's is chosen, by seed."""
    teams: tuple[str, ...] = ("team",)
    services: tuple[str, ...] = ("service",)
    unhealthy: float = 0.02
    """The share of failed deployments."""


def fill_large_cluster(store: "ObjectStore", plan: Json, size: int | None, seed: int) -> None:
    """Add `size` pods (by default the plan's) with their nodes, namespaces, deployments, services and config."""
    proportions = msgspec.convert(plan, ClusterProportions)
    cluster = _LargeCluster(store, proportions, size or proportions.pods, seed)
    cluster.behaviours().attach(store)
    cluster.build()


class _LargeCluster:
    def __init__(self, store: "ObjectStore", plan: ClusterProportions, size: int, seed: int) -> None:
        self._store = store
        self._plan = plan
        self._size = size
        self._seed = seed
        self._now = store.clock.now().replace(microsecond=0)
        self._placed = 0
        pool = NodePool(name="worker", count=max(3, -(-size // plan.pods_per_node)), cpu="64", memory="256Gi", pods="250")
        self._nodes = build_pool(pool, 0, format_timestamp(self._now))

    def behaviours(self) -> Behaviours:
        """The store's behaviours, plus those with which the kubelet continues the generated failures."""
        known = Behaviours.attached_to(self._store)
        crashing = Behaviour(
            workload="*-crashing", exits_after=40, exit_code=1, logs="java", last_words=("panic: configuration incomplete",)
        )
        unready = Behaviour(workload="*-unready", unready="HTTP probe failed with statuscode: 503")
        return Behaviours([*known.listed, crashing, unready], ImageRegistry(), known.rollout_schedule)

    def build(self) -> None:
        for node in self._nodes:
            self._store.create(NODES, node | {"metadata": node["metadata"] | {"creationTimestamp": self._time_ago(60 * 86400)}})
        for number in range(max(3, -(-self._size // self._plan.pods_per_namespace))):
            self._create_namespace(f"{self._plan.teams[number % len(self._plan.teams)]}-{number:03d}")

    def _create_namespace(self, name: str) -> None:
        meta = {"name": name, "labels": {"kubernetes.io/metadata.name": name}, "creationTimestamp": self._time_ago(50 * 86400)}
        spec = {"finalizers": ["kubernetes"]}
        self._store.create(NAMESPACES, {"metadata": meta, "spec": spec, "status": {"phase": "Active"}})
        remaining = min(self._plan.pods_per_namespace, self._size - self._placed)
        for number, replicas in enumerate(self._replica_counts(name, remaining)):
            service = self._plan.services[number % len(self._plan.services)]
            self._create_deployment(name, f"{service}-{number}", replicas)

    def _replica_counts(self, namespace: str, remaining: int) -> Iterator[int]:
        rng = seeded_random(self._seed, namespace)
        while remaining > 0:
            replicas = min(remaining, rng.choice(self._plan.replicas))
            remaining -= replicas
            yield replicas

    def _create_deployment(self, namespace: str, name: str, replicas: int) -> None:
        failure = choose_failure_scenario(self._plan.unhealthy, self._seed, namespace, name)
        age = 3600 + 20 * 86400 * seeded_fraction(self._seed, namespace, name)
        workload = WorkloadSpec(
            name=name + failure.suffix, namespace=namespace, image=failure.image_for(name), replicas=replicas, port=8080, probe="/healthz",
            env={"LOG_LEVEL": "info"}, requests={"cpu": "100m", "memory": "128Mi"}, limits={"memory": "256Mi"}, config=name,
            node_selector={"demo.k8sconsole.dev/pool": "none"} if failure.unscheduled else {},
        )  # fmt: skip
        self._create_config(workload, age)
        service, deployment = build_manifests(workload)
        created = self._create_object(DEPLOYMENTS, deployment, age)
        draft = build_replica_set(created, 1)
        replica_set = self._create_object(REPLICA_SETS, draft | {"spec": draft["spec"] | {"replicas": replicas}}, age)
        created_pods = self._create_pods(replica_set, replicas, age, failure)
        self._write_final_status(created, replica_set, created_pods, failure)
        self._create_service(service, created_pods, age)

    def _create_config(self, workload: WorkloadSpec, age: float) -> None:
        meta = {"name": workload.config, "namespace": workload.namespace}
        if not self._store.has(CONFIG_MAPS, workload.namespace, workload.config):
            self._create_object(
                CONFIG_MAPS, {"metadata": dict(meta), "data": {"app.properties": f"name={workload.name}\nworkers=4\n"}}, age
            )
            fake = {"token": "ZmFrZS1kZW1vLXZhbHVl"}
            self._create_object(SECRETS, {"metadata": dict(meta), "type": "Opaque", "data": fake}, age)

    def _create_pods(self, replica_set: Json, replicas: int, age: float, failure: FailureScenario) -> list[Json]:
        draft = pods.build_from_template(replica_set["spec"]["template"], replica_set, REPLICA_SETS, "@name@")
        fill_pod_spec(draft["spec"])
        add_admission_fields(draft, "@suffix@")
        draft["metadata"] |= {"generateName": replica_set["metadata"]["name"] + "-", "creationTimestamp": "@time@", "uid": "@uid@"}
        if not failure.unscheduled:
            draft["spec"]["nodeName"] = "@node@"
        draft["status"] = failure.build_status(draft["spec"], self._time_ago(age), self._now)
        template = msgspec.json.encode(draft)
        return [
            self._store.create(PODS, self._pod_from_template(template, replica_set["metadata"], number, age)) for number in range(replicas)
        ]

    def _pod_from_template(self, template: bytes, owner: Json, number: int, age: float) -> Json:
        """Make one pod from the template. Nodes are filled in turn, and a pod's address follows from its turn."""
        turn, index = divmod(self._placed, len(self._nodes))
        self._placed += 1
        node = self._nodes[index]
        suffix = name_suffix(37, self._seed, owner["namespace"], owner["name"], number)
        values = {
            b"@suffix@": suffix[5:10],
            b"@name@": f"{owner['name']}-{suffix[:5]}",
            b"@uid@": _pod_uid(self._seed, self._placed),
            b"@time@": self._time_ago(age - number),
            b"@node@": node["metadata"]["name"],
            b"@host@": node["status"]["addresses"][0]["address"],
            b"@ip@": f"{node['spec']['podCIDR'].rpartition('.')[0]}.{turn % 253 + 2}",
        }
        for mark, value in values.items():
            template = template.replace(mark, value.encode())
        pod: Json = msgspec.json.decode(template)
        if "nodeName" in pod["spec"]:
            copy_topology_labels(pod, node)
        return pod

    def _write_final_status(self, deployment: Json, replica_set: Json, created_pods: list[Json], failure: FailureScenario) -> None:
        """Write the statuses that the controllers would have computed."""
        ready = len(created_pods) if failure is HEALTHY else 0
        counts = {
            "replicas": len(created_pods),
            "fullyLabeledReplicas": len(created_pods),
            "readyReplicas": ready,
            "availableReplicas": ready,
            "observedGeneration": 1,
        }
        meta, observed = replica_set["metadata"], {name: value for name, value in counts.items() if value}
        settled = self._store.mutate(REPLICA_SETS, meta["namespace"], meta["name"], lambda fresh: fresh.update(status=observed))
        status = _final_status(deployment, settled, self._now)

        def settle(fresh: Json) -> None:
            fresh["status"] = status
            fresh["metadata"].setdefault("annotations", {})[REVISION] = "1"

        self._store.mutate(DEPLOYMENTS, meta["namespace"], deployment["metadata"]["name"], settle)

    def _create_service(self, service: Json, created_pods: list[Json], age: float) -> None:
        meta = service["metadata"]
        number = self._store.count(SERVICES)
        address = f"10.{96 + number // 65000}.{number // 254 % 256}.{number % 254 + 1}"
        service["spec"] |= {"clusterIP": address, "clusterIPs": [address], "ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack"}
        created = self._create_object(SERVICES, service, age)
        scheduled = [pod for pod in created_pods if pod["status"].get("podIP")]
        for resource, obj, name in (
            (ENDPOINTS, build_endpoints(created, scheduled), meta["name"]),
            (SLICES, build_slice(created, scheduled), f"{meta['name']}-{name_suffix(5, created['metadata']['uid'])}"),
        ):
            obj["metadata"] |= {"name": name, "namespace": meta["namespace"]}
            self._create_object(resource, obj, age)

    def _create_object(self, resource: Any, obj: Json, age: float) -> Json:
        obj["metadata"]["creationTimestamp"] = self._time_ago(age)
        created: Json = self._store.create(resource, obj)
        return created

    def _time_ago(self, seconds: float) -> str:
        return format_timestamp(self._now - timedelta(seconds=seconds))


def _final_status(deployment: Json, replica_set: Json, now: datetime) -> Json:
    """The status of a deployment whose rollout started an hour ago and is complete, or past its deadline."""
    earlier, _ = compute_status(deployment, [replica_set], replica_set, now - timedelta(hours=1))
    status, _ = compute_status(deployment | {"status": earlier}, [replica_set], replica_set, now)
    return status


def _pod_uid(seed: int, number: int) -> str:
    digits = hex_digest(32, "uid", seed, number)
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"
