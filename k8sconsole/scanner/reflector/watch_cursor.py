"""How far a kind has been followed: what a watch resumes from, in this process or, by way of ``cache_metadata``, in the next one."""

from dataclasses import dataclass

import msgspec

from k8sconsole.scanner.parser import ResourceParser
from k8sconsole.scanner.reflector.accessible_namespaces import Scope


@dataclass
class Followed:
    """versions: the resourceVersion that each scope's rows have reached."""

    parser: ResourceParser
    versions: dict[Scope, str]

    def written(self, cluster: str) -> str:
        """For ``ScanState.resource_version``. cluster: its uid."""
        return _encode(_Reached(cluster, self.parser.columns, {scope or "": version for scope, version in self.versions.items()})).decode()


class _Reached(msgspec.Struct, frozen=True):
    """versions: by namespace, the whole cluster under the empty name."""

    cluster: str
    columns: tuple[str, ...]
    versions: dict[str, str]


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Reached).decode


def read_back(text: str, cluster: str, parser: ResourceParser) -> Followed | None:
    """What ``written`` wrote, unless it speaks of another cluster, of other columns, or makes no sense."""
    try:
        found = _decode(text)
    except msgspec.DecodeError:
        return None
    if not cluster or found.cluster != cluster or found.columns != parser.columns or not all(found.versions.values()):
        return None
    return Followed(parser, {scope or None: version for scope, version in found.versions.items()})
