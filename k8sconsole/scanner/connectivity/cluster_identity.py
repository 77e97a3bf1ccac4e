"""Whether the rows cached under a context's name belong to the cluster that the context leads to now."""

from k8sconsole.model.identity import Identity, another
from k8sconsole.model.refs import ClusterName
from k8sconsole.store.port import ScanState, ScanStatus, Store


async def last_identity(store: Store, cluster: ClusterName) -> Identity:
    """Returns the identity of the cluster that was last read under this name; empty when it was never read."""
    return next((Identity.of(record.identity) for record in await store.clusters() if record.name == cluster), Identity())


async def drop_rows_of_other_cluster(store: Store, cluster: ClusterName, current: Identity) -> bool:
    """Drops the rows of another cluster that was cached under this name, and returns whether there was one.

    Otherwise its rows would be shown as this cluster's, and watches would resume from its resourceVersions. Its history is kept.
    """
    if not another(await last_identity(store, cluster), current):
        return False
    states = await store.scan_states(cluster)
    await store.forget(cluster)
    for state in states:
        await store.record_scan(ScanState(cluster, state.resource, ScanStatus.PENDING))
    return True
