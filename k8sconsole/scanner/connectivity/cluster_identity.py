"""Whether the rows cached under a context's name belong to the cluster that the context leads to now."""

from k8sconsole.model.clusters import ClusterIdentity, is_different_cluster
from k8sconsole.model.refs import ClusterName
from k8sconsole.store.port import ScanState, ScanStatus, Store


async def last_identity(store: Store, cluster: ClusterName) -> ClusterIdentity:
    """Returns the identity of the cluster that was last read under this name; empty when it was never read."""
    return next(
        (ClusterIdentity.parse(record.identity) for record in await store.metadata.clusters() if record.name == cluster), ClusterIdentity()
    )


async def drop_rows_of_other_cluster(store: Store, cluster: ClusterName, current: ClusterIdentity) -> bool:
    """Drops the rows of another cluster that was cached under this name, and returns whether there was one.

    Otherwise its rows would be shown as this cluster's, and watches would resume from its resourceVersions. Its history is kept.
    """
    if not is_different_cluster(await last_identity(store, cluster), current):
        return False
    states = await store.metadata.scan_states(cluster)
    await store.objects.delete(cluster)
    for state in states:
        await store.metadata.record_scan(ScanState(cluster, state.resource, ScanStatus.PENDING))
    return True
