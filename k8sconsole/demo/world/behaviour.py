"""How a scenario's containers behave: the part of the truth that no object shows, as the inside of an image is hidden in a real cluster.

A scenario lists behaviours; the first that matches a container by namespace, workload, container and image describes it. A container that
none matches starts after a second, answers its probes, and runs for ever (or five seconds, where it belongs to a Job).
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
    """One entry under `behaviours:`. Globs select containers; times are in seconds."""

    namespace: str = "*"
    workload: str = "*"
    container: str = "*"
    image: str = "*"
    starts_after: float = 1.0
    """From being placed on a node (or the init container before it) to running: pulling and creating."""
    exits_after: float | None = None
    """From running to exiting; absent: never."""
    exit_code: int = 0
    oom: bool = False
    """The exit is a kill by the kernel: reason OOMKilled, code 137."""
    ready_after: float | None = None
    """From running to the first good readiness probe; absent: what the probe's own delays say."""
    unready: str = ""
    """What the readiness probe answers, for ever; the container never becomes ready."""
    sick_after: float | None = None
    """From running to the first failing liveness probe, after which it is killed."""
    stops_after: float = 1.0
    """From SIGTERM to the end, at most the pod's grace."""
    logs: str = ""
    """A profile of `podlogs`."""
    last_words: tuple[str, ...] = ()
    """Lines written just before an exit."""

    def matches(self, namespace: str, workload: str, container: str, image: str) -> bool:
        return (
            fnmatchcase(namespace, self.namespace)
            and fnmatchcase(workload, self.workload)
            and fnmatchcase(container, self.container)
            and fnmatchcase(image, self.image)
        )


class ImageRegistry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which images can be pulled. Repositories named under `tags` have those tags only; any other has every tag that is not `missing`."""

    tags: dict[str, tuple[str, ...]] = {}
    missing: tuple[str, ...] = ("does-not-exist", "broken")

    def has_image(self, image: str) -> bool:
        repository, tag = split_image(image)
        if tag in self.missing:
            return False
        return repository not in self.tags or tag in self.tags[repository]


class RolloutSchedule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What goes on by itself in a cluster that people use: now and then one of these deployments is rolled out."""

    rollouts: tuple[str, ...] = ()
    """`namespace/name` of deployments."""
    every: float = 420.0
    """Seconds between two roll-outs."""


class Behaviours:
    """Every behaviour of a scenario, its registry, and its life."""

    _attached: "weakref.WeakKeyDictionary[ObjectStore, Behaviours]" = weakref.WeakKeyDictionary()

    def __init__(
        self, listed: Sequence[Behaviour] = (), registry: ImageRegistry | None = None, life: RolloutSchedule | None = None
    ) -> None:
        self.listed = tuple(listed)
        self.life = life or RolloutSchedule()
        self.registry = registry or ImageRegistry()
        self.find = lru_cache(maxsize=4096)(self._find)

    def _find(self, namespace: str, workload: str, container: str, image: str) -> Behaviour:
        for behaviour in self.listed:
            if behaviour.matches(namespace, workload, container, image):
                return behaviour
        return Behaviour()

    def attach(self, store: "ObjectStore") -> None:
        """Let everyone who holds the store know its containers' behaviour, without an object that a client could list."""
        self._attached[store] = self

    @classmethod
    def attached_to(cls, store: "ObjectStore") -> "Behaviours":
        """The behaviours attached to a store; the plain ones for a store that no scenario filled."""
        return cls._attached.get(store) or cls()


def split_image(image: str) -> tuple[str, str]:
    """`host:5000/team/web:1.2` → (`host:5000/team/web`, `1.2`); no tag means latest."""
    bare = image.partition("@")[0]
    repository, colon, tag = bare.rpartition(":")
    return (repository, tag) if colon and "/" not in tag else (bare, "latest")


def workload_name(metadata: Mapping[str, Any]) -> str:
    """The name people use for what a pod belongs to: its Deployment, CronJob, StatefulSet …, or the pod itself."""
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
    """What a plain shell command would do: `false`, `true`, `sleep N`, `exit N`. None where the command says nothing we understand."""
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
