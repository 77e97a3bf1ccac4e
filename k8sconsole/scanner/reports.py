"""What a scan tells about itself, and to whom."""

from collections.abc import Callable

import msgspec

from k8sconsole.model.events import Fact
from k8sconsole.model.refs import ClusterName, ResourceName

Publish = Callable[[Fact], None]
"""Called on the loop the scanner runs on; must not block."""


class KindReport(msgspec.Struct, frozen=True):
    """What one list did. objects: how many there are now. error is empty when all that is permitted was read; missing names the rest."""

    cluster: ClusterName
    resource: ResourceName
    objects: int = 0
    added: int = 0
    changed: int = 0
    deleted: int = 0
    seconds: float = 0.0
    error: str = ""
    missing: tuple[str, ...] = ()
