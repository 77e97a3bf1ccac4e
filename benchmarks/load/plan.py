"""The counts and the names of the objects of a load."""

from collections.abc import Iterator
from dataclasses import dataclass

PODS_PER_APP = 50


@dataclass(frozen=True)
class App:
    """One workload: a Deployment (or its pods alone), a Service, a ConfigMap, a Secret."""

    number: int
    namespace: str
    replicas: int

    @property
    def name(self) -> str:
        """Unique in the whole load, not only in its namespace."""
        return f"app-{self.number:04d}"

    def pod_names(self) -> Iterator[str]:
        """The names of its pods when no controller generates them."""
        return (f"{self.name}-{replica:05d}" for replica in range(self.replicas))


@dataclass(frozen=True)
class Plan:
    """A load of ``pods`` pods in apps of fifty, spread over the namespaces in turn. The last app has the remainder."""

    pods: int
    namespaces: int = 20
    nodes: int = 100

    def __post_init__(self) -> None:
        if min(self.pods, self.namespaces, self.nodes) < 1:
            raise ValueError("a load has at least one pod, one namespace and one node")

    @classmethod
    def of(cls, pods: int, namespaces: int | None = None, nodes: int | None = None) -> "Plan":
        """Omitted counts follow from the pods: a hundred pods a node (at most 500 nodes), at most twenty namespaces."""
        apps = -(-pods // PODS_PER_APP)
        return cls(pods, namespaces or min(20, max(1, apps)), nodes or min(500, max(3, pods // 100)))

    def apps(self) -> list[App]:
        """Every app of the load."""
        starts = range(0, self.pods, PODS_PER_APP)
        sizes = (min(PODS_PER_APP, self.pods - start) for start in starts)
        return [App(number, self.namespace(number), size) for number, size in enumerate(sizes)]

    def namespace(self, number: int) -> str:
        """The namespace of app ``number``."""
        return f"load-{number % self.namespaces:02d}"

    def namespace_names(self) -> list[str]:
        """All namespaces of the load."""
        return [self.namespace(number) for number in range(self.namespaces)]

    def node_names(self) -> list[str]:
        """All nodes of the load."""
        return [f"load-node-{number:04d}" for number in range(self.nodes)]
