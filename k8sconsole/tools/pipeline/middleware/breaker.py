"""A cluster or an outside server that is silent is not asked by every call anew; each has a circuit of its own."""

from collections.abc import Awaitable, Callable

from k8sconsole.cluster.port import Cluster
from k8sconsole.kit.clock import Clock
from k8sconsole.model.events import ClusterState, ConnectionState, Fact
from k8sconsole.tools.context import ToolContext
from k8sconsole.tools.pipeline.circuit_breaker import Circuit
from k8sconsole.tools.pipeline.guarded_cluster import guarded
from k8sconsole.tools.pipeline.invocation import Invocation
from k8sconsole.tools.results import Reply


class Breaker:
    """For an outside server's tool the whole call is the request. A built-in tool may do without its cluster, so there each request to it
    is: ``guard`` puts the circuit between the two, for all steps alike."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.circuits: dict[str, Circuit] = {}

    async def __call__(self, invocation: Invocation, proceed: Callable[[Invocation], Awaitable[Reply]]) -> Reply:
        """Raises Unavailable where the outside server's circuit is open."""
        service = invocation.spec.service
        if not service:
            return await proceed(invocation)
        with self._circuit(f"mcp:{service}").asked(invocation.call.request_id, invocation.context.until):
            return await proceed(invocation)

    def guard(self, context: ToolContext, cluster: Cluster) -> Cluster:
        return guarded(cluster, self._circuit(cluster.name), context)

    def hurry(self, name: str) -> None:
        """A person waits for this cluster."""
        if circuit := self.circuits.get(name):
            circuit.hurry()

    def take(self, fact: Fact) -> None:
        """A cluster that the scanner reads answers."""
        if isinstance(fact, ClusterState) and fact.connection is ConnectionState.LIVE and (circuit := self.circuits.get(fact.cluster)):
            circuit.answered()

    def _circuit(self, name: str) -> Circuit:
        return self.circuits.setdefault(name, Circuit(name, self._clock))
