"""What was read beside a watch, without what the watch has written of it meanwhile, in this process or another."""

import sqlite3

import msgspec

from k8sconsole.store.port import WriteBatch

_MOVED = (
    "SELECT namespace, name FROM objects WHERE kind_id = :kind AND revision > :since"
    " UNION SELECT namespace, name FROM gone WHERE kind_id = :kind AND revision > :since"
)


def without_overtaken(connection: sqlite3.Connection, kind: int, batch: WriteBatch) -> WriteBatch:
    """The batch as it is where it names no revision."""
    if batch.since is None:
        return batch
    moved = set(connection.execute(_MOVED, {"kind": kind, "since": batch.since}))
    objects = [each for each in batch.objects if (each.namespace, each.name) not in moved]
    gone = [each for each in batch.gone if (each.namespace, each.name) not in moved]
    return msgspec.structs.replace(batch, objects=objects, gone=gone)
