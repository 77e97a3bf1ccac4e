"""The table of a kind that is read from the cluster, for kinds that the cache knows nothing of."""

import msgspec

from k8sconsole.cluster.port import Cluster
from k8sconsole.errors import Forbidden, NotFound
from k8sconsole.model.refs import ApiResource
from k8sconsole.model.resources import BUILTIN
from k8sconsole.model.tables import KindTable, find_table, is_custom, parse_printer_columns

_DEFINITIONS = next(each for each in BUILTIN if each.plural == "customresourcedefinitions")


async def find_live_table(cluster: Cluster, resource: ApiResource, known: KindTable) -> KindTable:
    """The table with the columns of the kind's CRD, which is read where it was never cached.

    known: the table by the cache alone. It is returned for a kind of an aggregated API, and where this user may not read the CRD. Raises
    the cluster's other errors.
    """
    if known.definition or not is_custom(resource):
        return known
    try:
        crd = msgspec.json.decode(await cluster.get(_DEFINITIONS, None, resource.name))
    except (Forbidden, NotFound):
        return known
    return find_table(resource, parse_printer_columns(crd, resource.version))
