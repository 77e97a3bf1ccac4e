"""The circuit breakers of all clusters and attached servers."""

from k8sconsole.cluster.port import Cluster
from k8sconsole.kit.clock import Clock
from k8sconsole.model.events import ClusterState, ConnectionState, Fact
from k8sconsole.tools.context import ToolContext
from k8sconsole.tools.pipeline.circuit_breaker import CircuitBreaker
from k8sconsole.tools.pipeline.guarded_cluster import guard_cluster
from k8sconsole.tools.pipeline.invocation import Invocation, NextStep
from k8sconsole.tools.results import Reply


class CircuitBreakerStep:
    """For a tool of an attached server, the whole call is one request.

    A built-in tool may answer without its cluster. Its requests are therefore guarded one by one, by ``guard``.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.breakers: dict[str, CircuitBreaker] = {}

    async def __call__(self, invocation: Invocation, proceed: NextStep) -> Reply:
        """Raises Unavailable while the breaker of the attached server is open."""
        server = invocation.spec.service
        if not server:
            return await proceed(invocation)
        with self._breaker(f"mcp:{server}").guard_request(invocation.call.request_id, invocation.context.deadline_at):
            return await proceed(invocation)

    def guard(self, context: ToolContext, cluster: Cluster) -> Cluster:
        return guard_cluster(cluster, self._breaker(cluster.name), context)

    def prioritise(self, cluster: str) -> None:
        """Let the next call to this cluster probe at once, because a user waits."""
        if breaker := self.breakers.get(cluster):
            breaker.prioritise()

    def handle_fact(self, fact: Fact) -> None:
        """Close the breaker of a cluster that the scanner has reached."""
        if isinstance(fact, ClusterState) and fact.connection is ConnectionState.LIVE and (breaker := self.breakers.get(fact.cluster)):
            breaker.record_answer()

    def _breaker(self, name: str) -> CircuitBreaker:
        return self.breakers.setdefault(name, CircuitBreaker(name, self._clock))
