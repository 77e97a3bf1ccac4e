"""Whether the rows kept under a context's name are those of the cluster that it leads to now."""

from k8sconsole.model.identity import Identity, another
from k8sconsole.model.refs import ClusterName
from k8sconsole.store.port import ScanState, ScanStatus, Store


async def remembered(store: Store, cluster: ClusterName) -> Identity:
    """As which cluster it was last read; empty when it never was."""
    return next((Identity.of(record.identity) for record in await store.clusters() if record.name == cluster), Identity())


async def keep_apart(store: Store, cluster: ClusterName, now: Identity) -> bool:
    """Forgets what is kept of another cluster under this name, so that nothing of it is shown as this one's and no watch goes on from its
    resourceVersion; its past stays. Whether there was something to forget."""
    if not another(await remembered(store, cluster), now):
        return False
    states = await store.scan_states(cluster)
    await store.forget(cluster)
    for state in states:
        await store.record_scan(ScanState(cluster, state.resource, ScanStatus.PENDING))
    return True
