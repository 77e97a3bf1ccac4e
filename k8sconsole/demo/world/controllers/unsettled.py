"""Finds deployments and replica sets that are not settled. It decodes only a few fields, so that thousands are checked fast."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec

from k8sconsole.demo.resources import ServedResource

if TYPE_CHECKING:
    from k8sconsole.demo.storage import ObjectStore


class _Meta(msgspec.Struct, frozen=True):
    generation: int = 1
    deletionTimestamp: str = ""


class _Spec(msgspec.Struct, frozen=True):
    replicas: int = 1


class _Status(msgspec.Struct, frozen=True):
    observedGeneration: int = 0
    replicas: int = 0
    availableReplicas: int = 0


class _Replicated(msgspec.Struct, frozen=True):
    metadata: _Meta
    spec: _Spec
    status: _Status = _Status()

    @property
    def is_settled(self) -> bool:
        reported = self.status.observedGeneration == self.metadata.generation and not self.metadata.deletionTimestamp
        return reported and self.status.replicas == self.status.availableReplicas == self.spec.replicas


_DECODER = msgspec.json.Decoder(_Replicated)


def find_unsettled(store: "ObjectStore", resource: ServedResource) -> Iterable[tuple[str, str]]:
    """Keys of the objects whose replicas are not all created, available and reported."""
    return [key for key in store.list_keys(resource) if not _DECODER.decode(store.get_raw(resource, *key)).is_settled]
