"""From a server's JSON to what the store keeps. Everything is read from the masked body, so no secret can slip in through a cell or a
label."""

from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec

from k8sconsole.cluster.port import EventType, WatchEvent
from k8sconsole.model.masking import Managed, body_of
from k8sconsole.model.objects import Departure, ParsedObject
from k8sconsole.model.refs import ApiResource, Namespace
from k8sconsole.model.tables import KindTable
from k8sconsole.scanner.typed_columns import extra_maker

Versions = Mapping[tuple[Namespace, str], tuple[str, str]]
"""(uid, resourceVersion) by namespace and name."""


class Meta(msgspec.Struct, rename="camel", gc=False):
    name: str = ""
    namespace: str = ""
    resource_version: str = ""
    uid: str = ""
    managed_fields: Managed = msgspec.UNSET


class Named(msgspec.Struct, gc=False):
    metadata: Meta


_named = msgspec.json.Decoder(Named).decode


def version_of(event: WatchEvent) -> str:
    """Behind which a watch goes on. Raises msgspec.DecodeError for what is no JSON object."""
    return _named(event.object).metadata.resource_version


class Round(msgspec.Struct, frozen=True):
    """Events of which no two speak of the same object."""

    objects: list[ParsedObject]
    gone: list[Departure]


class Events(msgspec.Struct, frozen=True):
    """What a run of events adds up to: every version of every object, in rounds to be written one after the other.
    resource_version: of the last event, bookmarks included; a watch resumes behind it."""

    rounds: list[Round]
    resource_version: str


class ResourceParser:
    """Of one kind, under one table. Holds no state: any thread may use it."""

    def __init__(self, resource: ApiResource, table: KindTable) -> None:
        self.resource = resource
        self.table = table
        self.columns = tuple(column.name for column in table.columns)
        self._extra = extra_maker(resource.name, table)
        self._head = f'{{"apiVersion":"{resource.api_version}","kind":"{resource.kind}",'.encode()

    def objects(self, items: Sequence[msgspec.Raw | bytes], known: Versions) -> tuple[list[ParsedObject], list[tuple[Namespace, str]]]:
        """The objects to write, and the names of those that are ``known`` just so: a tenth of the work of parsing them again.
        Raises msgspec.DecodeError for what is no JSON object."""
        if not known:
            return [self._object(item) for item in items], []
        fresh: list[ParsedObject] = []
        unchanged: list[tuple[Namespace, str]] = []
        for item in items:
            meta = _named(item).metadata
            key = (Namespace(meta.namespace), meta.name)
            if known.get(key) == (meta.uid, meta.resource_version):
                unchanged.append(key)
            else:
                fresh.append(self._object(item, meta.managed_fields))
        return fresh, unchanged

    def events(self, events: Sequence[WatchEvent]) -> Events:
        """Raises msgspec.DecodeError for what is no JSON object."""
        rounds: list[Round] = []
        turn: Counter[tuple[str, str]] = Counter()
        version = ""
        for event in events:
            meta = _named(event.object).metadata
            version = meta.resource_version or version
            if event.type is EventType.BOOKMARK:
                continue
            key = (meta.namespace, meta.name)
            if turn[key] == len(rounds):
                rounds.append(Round([], []))
            self._enter(rounds[turn[key]], event, meta)
            turn[key] += 1
        return Events(rounds, version)

    def _enter(self, into: Round, event: WatchEvent, meta: Meta) -> None:
        if event.type is EventType.DELETED:
            into.gone.append(Departure(Namespace(meta.namespace), meta.name, meta.resource_version))
        else:
            into.objects.append(self._object(event.object, meta.managed_fields))

    def _object(self, item: msgspec.Raw | bytes, managed: Managed | None = None) -> ParsedObject:
        body = self._whole(body_of(self.resource.name, item, managed))
        seen = self.table.project(body)
        return ParsedObject(
            seen.namespace,
            seen.name,
            seen.uid,
            seen.resource_version,
            seen.created_at,
            seen.labels,
            seen.owner,
            seen.cells,
            body,
            self._extra(body, seen),
        )

    def _whole(self, body: bytes) -> bytes:
        """Items of a list leave out what the list says for all of them."""
        return body if body.startswith((b'{"kind":', b'{"apiVersion":')) else self._head + body[1:]
