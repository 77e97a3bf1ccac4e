"""Turns a server's JSON into the rows that the store holds.

Every cell, label and column is read from the masked body, so no secret value can reach the store through them.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec

from k8sconsole.cluster.port import EventType, WatchEvent
from k8sconsole.model.masking import Managed, mask_body
from k8sconsole.model.objects import DeletedObject, ParsedObject
from k8sconsole.model.refs import ApiResource, Namespace, add_type_head
from k8sconsole.model.tables import KindTable
from k8sconsole.scanner.typed_columns import typed_columns_encoder

KnownVersions = Mapping[tuple[Namespace, str], tuple[str, str]]
"""(uid, resourceVersion) by namespace and name."""


class _Metadata(msgspec.Struct, rename="camel", gc=False):
    name: str = ""
    namespace: str = ""
    resource_version: str = ""
    uid: str = ""
    managed_fields: Managed = msgspec.UNSET


class _ObjectHead(msgspec.Struct, gc=False):
    metadata: _Metadata


_decode_head = msgspec.json.Decoder(_ObjectHead).decode


def event_version(event: WatchEvent) -> str:
    """The resourceVersion that a watch resumes after. Raises msgspec.DecodeError when the event is no JSON object."""
    return _decode_head(event.object).metadata.resource_version


class EventRound(msgspec.Struct, frozen=True):
    """Events that can be written in one batch: no two of them are about the same object."""

    objects: list[ParsedObject]
    gone: list[DeletedObject]


class ParsedEvents(msgspec.Struct, frozen=True):
    """A run of watch events: every version of every object, in rounds that are written one after the other.

    resource_version: of the last event, bookmarks included. A watch resumes after it.
    """

    rounds: list[EventRound]
    resource_version: str


class ResourceParser:
    """Parses the objects of one kind for one table. It holds no state: any thread may use it."""

    def __init__(self, resource: ApiResource, table: KindTable) -> None:
        self.resource = resource
        self.table = table
        self.columns = table.layout
        self._head = resource.type_head
        self._encode_typed_columns = typed_columns_encoder(resource.name, table)

    def objects(self, items: Sequence[msgspec.Raw | bytes], known: KnownVersions) -> tuple[list[ParsedObject], list[tuple[Namespace, str]]]:
        """Returns the objects to write, and the names of those whose version is in ``known``.

        Comparing versions takes a tenth of the time of parsing. Raises msgspec.DecodeError when an item is no JSON object.
        """
        if not known:
            return [self._parse_object(item) for item in items], []
        fresh: list[ParsedObject] = []
        unchanged: list[tuple[Namespace, str]] = []
        for item in items:
            meta = _decode_head(item).metadata
            key = (Namespace(meta.namespace), meta.name)
            if known.get(key) == (meta.uid, meta.resource_version):
                unchanged.append(key)
            else:
                fresh.append(self._parse_object(item, meta.managed_fields))
        return fresh, unchanged

    def events(self, events: Sequence[WatchEvent]) -> ParsedEvents:
        """Raises msgspec.DecodeError when an event is no JSON object."""
        rounds: list[EventRound] = []
        versions_seen: Counter[tuple[str, str]] = Counter()
        resource_version = ""
        for event in events:
            meta = _decode_head(event.object).metadata
            resource_version = meta.resource_version or resource_version
            if event.type is EventType.BOOKMARK:
                continue
            key = (meta.namespace, meta.name)
            if versions_seen[key] == len(rounds):
                rounds.append(EventRound([], []))
            self._add_event(rounds[versions_seen[key]], event, meta)
            versions_seen[key] += 1
        return ParsedEvents(rounds, resource_version)

    def _add_event(self, target: EventRound, event: WatchEvent, meta: _Metadata) -> None:
        if event.type is EventType.DELETED:
            target.gone.append(DeletedObject(Namespace(meta.namespace), meta.name, meta.resource_version))
        else:
            target.objects.append(self._parse_object(event.object, meta.managed_fields))

    def _parse_object(self, item: msgspec.Raw | bytes, managed: Managed | None = None) -> ParsedObject:
        body = add_type_head(mask_body(self.resource.name, item, managed), self._head)
        projection = self.table.project(body)
        return ParsedObject(
            projection.namespace,
            projection.name,
            projection.uid,
            projection.resource_version,
            projection.created_at,
            projection.labels,
            projection.owner,
            projection.cells,
            body,
            self._encode_typed_columns(body, projection),
        )
