"""An index of the pods on each node, their requests and addresses. Changes update it; it is never rebuilt."""

from collections import defaultdict
from typing import TYPE_CHECKING

import msgspec

from k8sconsole.demo.world.amounts import Amounts, parse_quantities, sum_amounts, sum_requests
from k8sconsole.demo.world.kinds import PODS

if TYPE_CHECKING:
    from k8sconsole.demo.storage import ObjectStore

Key = tuple[str, str]


class _Resources(msgspec.Struct, frozen=True):
    requests: dict[str, str] = {}


class _Container(msgspec.Struct, frozen=True):
    resources: _Resources = _Resources()


class _Spec(msgspec.Struct, frozen=True):
    """The last three fields are not decoded: where a pod has one, `sum_requests` reads the whole spec."""

    nodeName: str = ""
    containers: list[_Container] = []
    initContainers: msgspec.Raw = msgspec.Raw()
    overhead: msgspec.Raw = msgspec.Raw()
    resources: msgspec.Raw = msgspec.Raw()

    @property
    def has_more(self) -> bool:
        return any(map(bytes, (self.initContainers, self.overhead, self.resources)))


class _Status(msgspec.Struct, frozen=True):
    phase: str = "Pending"
    podIP: str = ""


class _Pod(msgspec.Struct, frozen=True):
    spec: _Spec
    status: _Status = _Status()


_DECODER = msgspec.json.Decoder(_Pod)


def _sum_containers(spec: _Spec) -> Amounts:
    return sum_amounts(parse_quantities(container.resources.requests) for container in spec.containers) | {"pods": 1000}


class Placement:
    """The index. It is built by one pass over the pods on first use, so that an idle cluster costs nothing."""

    def __init__(self, store: "ObjectStore") -> None:
        self._store = store
        self._built = False
        self._node_of: dict[Key, str] = {}
        self._pods: defaultdict[str, dict[Key, tuple[Amounts, str]]] = defaultdict(dict)
        self._used: dict[str, Amounts] = {}

    def observe(self, key: Key, raw: bytes, *, gone: bool) -> None:
        """Update the index with one change of a pod."""
        if self._built:
            self._remove_pod(key)
            if not gone:
                self._add_pod(key, raw)

    def pods_on(self, node: str) -> list[Key]:
        """The sorted keys of the unfinished pods on a node."""
        self._ensure_built()
        return sorted(self._pods[node])

    def requested_on(self, node: str) -> Amounts:
        """The sum of the requests of the pods on a node."""
        self._ensure_built()
        if node not in self._used:
            self._used[node] = sum_amounts(requested for requested, _ in self._pods[node].values())
        return self._used[node]

    def free_address(self, node: str, cidr: str) -> str:
        """The lowest free address of a node's /24, or its last one when all are taken."""
        self._ensure_built()
        taken = {address for _, address in self._pods[node].values()}
        network = cidr.rpartition(".")[0]
        # The first host address belongs to the bridge.
        addresses = (f"{network}.{host}" for host in range(2, 255))
        return next((address for address in addresses if address not in taken), f"{network}.254")

    def _ensure_built(self) -> None:
        if not self._built:
            self._built = True
            for key in self._store.list_keys(PODS):
                self._add_pod(key, self._store.get_raw(PODS, *key))

    def _add_pod(self, key: Key, raw: bytes) -> None:
        pod = _DECODER.decode(raw)
        node = pod.spec.nodeName
        if node and pod.status.phase not in ("Succeeded", "Failed"):
            requested = sum_requests(msgspec.json.decode(raw)["spec"]) if pod.spec.has_more else _sum_containers(pod.spec)
            self._node_of[key] = node
            self._pods[node][key] = (requested, pod.status.podIP)
            self._used.pop(node, None)

    def _remove_pod(self, key: Key) -> None:
        node = self._node_of.pop(key, None)
        if node is not None:
            self._pods[node].pop(key, None)
            self._used.pop(node, None)
