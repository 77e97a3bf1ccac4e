"""How a scenario's containers behave. No object shows it, as no object of a real cluster shows what is in an image.

A scenario lists behaviours. The first that matches a container's namespace, workload, name and image applies to it. A container without
a match starts after one second, passes its probes, and runs for ever, or for five seconds in a Job.
"""

import re
import weakref
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from k8sconsole.demo.storage import ObjectStore


class Behaviour(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One entry under `behaviours:`. The globs select containers; times are in seconds."""

    namespace: str = "*"
    workload: str = "*"
    container: str = "*"
    image: str = "*"
    starts_after: float = 1.0
    """From scheduling, or the end of the previous init container, to running: the time to pull and create."""
    exits_after: float | None = None
    """From running to exit; None: never exits."""
    exit_code: int = 0
    oom: bool = False
    """The kernel kills the container: reason OOMKilled, exit code 137."""
    ready_after: float | None = None
    """From running to the first successful readiness probe; None: after the probe's initial delay."""
    unready: str = ""
    """The failure of every readiness probe; the container never becomes ready."""
    sick_after: float | None = None
    """From running to the first failed liveness probe, after which the container is killed."""
    stops_after: float = 1.0
    """From SIGTERM to exit, at most the pod's grace period."""
    logs: str = ""
    """The name of a log profile in `logprofiles`."""
    last_words: tuple[str, ...] = ()
    """Log lines written just before an exit."""

    def matches(self, namespace: str, workload: str, container: str, image: str) -> bool:
        return (
            fnmatchcase(namespace, self.namespace)
            and fnmatchcase(workload, self.workload)
            and fnmatchcase(container, self.container)
            and fnmatchcase(image, self.image)
        )


class ImageRegistry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which images exist. A repository in `tags` has only those tags; any other has every tag that is not in `missing`."""

    tags: dict[str, tuple[str, ...]] = {}
    missing: tuple[str, ...] = ("does-not-exist", "broken")

    def has_image(self, image: str) -> bool:
        repository, tag = split_image(image)
        if tag in self.missing:
            return False
        return repository not in self.tags or tag in self.tags[repository]


class RolloutSchedule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Deployments that are rolled out in turn, as in a cluster that people use."""

    rollouts: tuple[str, ...] = ()
    """`namespace/name` of deployments."""
    every: float = 420.0
    """Seconds between two rollouts."""


class Behaviours:
    """All behaviours of a scenario, its image registry and its rollout schedule."""

    _attached: "weakref.WeakKeyDictionary[ObjectStore, Behaviours]" = weakref.WeakKeyDictionary()

    def __init__(
        self, listed: Sequence[Behaviour] = (), registry: ImageRegistry | None = None, rollout_schedule: RolloutSchedule | None = None
    ) -> None:
        self.listed = tuple(listed)
        self.rollout_schedule = rollout_schedule or RolloutSchedule()
        self.registry = registry or ImageRegistry()
        self.find = lru_cache(maxsize=4096)(self._find)

    def _find(self, namespace: str, workload: str, container: str, image: str) -> Behaviour:
        for behaviour in self.listed:
            if behaviour.matches(namespace, workload, container, image):
                return behaviour
        return Behaviour()

    def attach(self, store: "ObjectStore") -> None:
        """Attach the behaviours to a store, so that code with the store can read them and clients cannot list them."""
        self._attached[store] = self

    @classmethod
    def attached_to(cls, store: "ObjectStore") -> "Behaviours":
        """The behaviours attached to a store; the defaults when no scenario filled it."""
        return cls._attached.get(store) or cls()


def split_image(image: str) -> tuple[str, str]:
    """`host:5000/team/web:1.2` → (`host:5000/team/web`, `1.2`); no tag means latest."""
    bare = image.partition("@")[0]
    repository, colon, tag = bare.rpartition(":")
    return (repository, tag) if colon and "/" not in tag else (bare, "latest")


def workload_name(metadata: Mapping[str, Any]) -> str:
    """The name of the workload that a pod belongs to: its Deployment, CronJob, StatefulSet, …, or the pod itself."""
    owner = next((owner for owner in metadata.get("ownerReferences", ()) if owner.get("controller")), None)
    if owner is None:
        return str(metadata["name"])
    name = str(owner["name"])
    if owner["kind"] == "ReplicaSet":
        return name.removesuffix("-" + metadata.get("labels", {}).get("pod-template-hash", ""))
    if owner["kind"] == "Job":
        return re.sub(r"-\d{8,}$", "", name)
    return name


def parse_command(container: Mapping[str, Any]) -> Behaviour | None:
    """The behaviour of a command that ends in `false`, `true`, `sleep N` or `exit N`; None for any other command."""
    words = " ".join(map(str, [*container.get("command", ()), *container.get("args", ())])).split()
    if not words:
        return None
    if words[-1] in ("true", "false"):
        return Behaviour(exits_after=1, exit_code=int(words[-1] == "false"))
    if len(words) < 2 or not words[-1].isdigit():
        return None
    if words[-2] == "sleep":
        return Behaviour(exits_after=float(words[-1]))
    return Behaviour(exits_after=1, exit_code=int(words[-1])) if words[-2] == "exit" else None
