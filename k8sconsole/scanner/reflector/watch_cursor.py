"""How far a kind has been read: where its watches resume, in this process or, through ``cache_metadata``, in the next one."""

from dataclasses import dataclass

import msgspec

from k8sconsole.scanner.parser import ResourceParser
from k8sconsole.scanner.reflector.accessible_namespaces import Scope


@dataclass
class WatchCursor:
    """versions: the resourceVersion that the rows of each scope have reached."""

    parser: ResourceParser
    versions: dict[Scope, str]

    def encode(self, cluster_uid: str) -> str:
        """Returns the text for ``ScanState.resource_version``."""
        versions = {scope or "": version for scope, version in self.versions.items()}
        return _encode(_StoredCursor(cluster_uid, self.parser.columns, versions)).decode()


class _StoredCursor(msgspec.Struct, frozen=True):
    """cluster: its uid. versions: by namespace; the empty name is the whole cluster."""

    cluster: str
    columns: tuple[str, ...]
    versions: dict[str, str]


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_StoredCursor).decode


def decode_cursor(text: str, cluster_uid: str, parser: ResourceParser) -> WatchCursor | None:
    """Reads what ``WatchCursor.encode`` wrote. Returns None for another cluster, other columns, or unreadable text."""
    try:
        stored = _decode(text)
    except msgspec.DecodeError:
        return None
    if not cluster_uid or stored.cluster != cluster_uid or stored.columns != parser.columns or not all(stored.versions.values()):
        return None
    return WatchCursor(parser, {scope or None: version for scope, version in stored.versions.items()})
