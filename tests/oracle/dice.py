"""Random parts of odd objects, from a seed: the same seed makes the same objects."""

import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

T = TypeVar("T")
Json = dict[str, Any]

_NAMES = ("web", "db-0", "cart", "pay.v2", "a", "x-" + "y" * 60, "kube-proxy", "ünïcode", "node-1", "10.0.0.1")
_TEXTS = (
    "",
    "Back-off restarting failed container",
    "  padded  ",
    "two\nlines",
    "tab\tbed",
    "100% <b>[bold]</b>",
    "数据",
    "x" * 300,
    "\u202eodd",
)
_QUANTITIES = (
    "0",
    "1",
    "500m",
    "1000m",
    "1500m",
    "0.5",
    "0.1",
    "1Gi",
    "1024Mi",
    "1.5Gi",
    "2048Ki",
    "1e3",
    "1E3",
    "12e6",
    "100k",
    "1M",
    "1Ti",
    "100n",
    "5u",
)
_KEYS = ("app", "tier", "app.kubernetes.io/name", "zone", "a", "pod-template-hash")
_VALUES = ("", "web", "1", "true", "db", "blue-green")
_ZERO_TIME = "0001-01-01T00:00:00Z"
_AGES = (0, 1, 59, 61, 119, 121, 600, 3599, 3601, 7200, 10_800, 86_399, 90_000, 172_900, 700_000, 70_000_000, 300_000_000)


class Dice(random.Random):
    """now: a fixed present, in seconds since the epoch, so that ages are spread around it."""

    def __init__(self, seed: int, now: float) -> None:
        super().__init__(seed)
        self.now = now

    def chance(self, share: float) -> bool:
        return self.random() < share

    def pick(self, *options: T) -> T:
        return self.choice(options)

    def many(self, make: Callable[[], T], most: int = 3, least: int = 0) -> list[T]:
        return [make() for _ in range(self.randint(least, most))]

    def some(self, options: Sequence[T], most: int = 4) -> list[T]:
        return self.sample(options, self.randint(0, min(most, len(options))))

    def sparse(self, fields: Json, keep: Sequence[str] = ()) -> Json:
        """The fields without some of them, and with null for some; those in ``keep`` remain."""
        kept: Json = {}
        for key, value in fields.items():
            share = 1.0 if key in keep else self.random()
            if share >= 0.18:
                kept[key] = value
            elif share >= 0.15:
                kept[key] = None
        return kept

    def name(self) -> str:
        return self.choice(_NAMES)

    def text(self) -> str:
        return self.choice(_TEXTS)

    def quantity(self) -> str:
        return self.choice(_QUANTITIES) if self.chance(0.7) else f"{self.randint(0, 5000)}{self.pick('', 'm', 'Ki', 'Mi', 'Gi', 'k', 'M')}"

    def quantities(self, *names: str) -> dict[str, str | int]:
        """Amounts of some of the resources; rarely as a number, which the server takes too."""
        return {name: self.randint(0, 9) if self.chance(0.05) else self.quantity() for name in self.some(names, len(names))}

    def count(self) -> int:
        return self.pick(0, 0, 1, 1, 2, 3, 5, 17, 1000)

    def flag(self) -> bool:
        return self.chance(0.5)

    def time(self) -> str | None:
        """A time in the past, or rarely in the future, before 1970, zero or null."""
        share = self.random()
        if share < 0.06:
            return self.pick(None, _ZERO_TIME)
        if share < 0.1:
            return self._stamp(self.now + self.pick(60, 3600, 864_000))
        if share < 0.12:
            return "1969-07-20T20:17:40Z"
        if share < 0.15:
            return datetime.fromtimestamp(self.now - self.choice(_AGES)).astimezone().isoformat(timespec="seconds")
        return self._stamp(self.now - self.choice(_AGES) - self.randint(0, 30))

    def micro_time(self) -> str | None:
        """As ``time``, with the six digits below a second that the server insists on."""
        at = self.time()
        return f"{at[:19]}.{0 if at == _ZERO_TIME else self.randint(0, 999_999):06}{at[19:]}" if at else at

    def _stamp(self, at: float) -> str:
        return (datetime.fromtimestamp(0, UTC) + timedelta(seconds=int(at))).isoformat().replace("+00:00", "Z")

    def labels(self) -> dict[str, str]:
        return {key: self.choice(_VALUES) for key in self.some(_KEYS)}

    def selector(self) -> Json:
        return self.sparse({"matchLabels": self.labels(), "matchExpressions": self.many(self._expression)})

    def _expression(self) -> Json:
        operator = self.pick("In", "NotIn", "Exists", "DoesNotExist")
        values = self.many(lambda: self.choice(_VALUES), least=1) if operator in ("In", "NotIn") else []
        return {"key": self.choice(_KEYS), "operator": operator, "values": values}

    def condition(self, *types: str) -> Json:
        return self.sparse(
            {
                "type": self.pick(*types),
                "status": self.pick("True", "True", "False", "Unknown"),
                "reason": self.pick("", "Reason", "SchedulingGated", "ContainersNotReady"),
                "message": self.text(),
                "lastTransitionTime": self.time(),
            },
            keep=("type", "status"),
        )

    def conditions(self, *types: str) -> list[Json]:
        return self.many(lambda: self.condition(*types), most=4)

    def meta(self, **more: Any) -> Json:
        """Metadata with a name. Some objects are being deleted, some have owners."""
        owner = {
            "apiVersion": self.pick("apps/v1", "v1", "batch/v1"),
            "kind": self.pick("ReplicaSet", "Node", "Job"),
            "name": self.name(),
            "uid": "u",
        }
        fields = {
            "name": self.name(),
            "namespace": self.pick("default", "shop", ""),
            "uid": f"uid-{self.randint(0, 10**9)}",
            "resourceVersion": str(self.randint(1, 10**6)),
            "creationTimestamp": self.time(),
            "labels": self.labels(),
            "annotations": self.labels(),
            "ownerReferences": self.many(lambda: self.sparse(owner | {"controller": self.flag()}, keep=tuple(owner)), most=1),
            "deletionTimestamp": self.time() if self.chance(0.15) else None,
        }
        return self.sparse(fields | more, keep=("name", *more))
