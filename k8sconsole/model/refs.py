"""Names of clusters, namespaces, kinds and objects."""

from typing import NewType

import msgspec

from k8sconsole.model.kind_words import read_kind

ClusterName = NewType("ClusterName", str)
"""The kubeconfig context that names a cluster; the demo cluster is ``demo``."""

Namespace = NewType("Namespace", str)
"""Empty for cluster-scoped objects."""

ResourceName = NewType("ResourceName", str)
"""plural.group as kubectl writes it, without a group for the core group: ``pods``, ``deployments.apps``."""


class ApiResource(msgspec.Struct, frozen=True, omit_defaults=True):
    """One row of ``kubectl api-resources``, at the version the server prefers."""

    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool
    singular: str = ""
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ()
    subresources: tuple[str, ...] = ()

    @property
    def name(self) -> ResourceName:
        return ResourceName(f"{self.plural}.{self.group}" if self.group else self.plural)

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def type_head(self) -> bytes:
        """The beginning of an object's JSON, for ``add_type_head``."""
        return f'{{"apiVersion":"{self.api_version}","kind":"{self.kind}",'.encode()

    def path(self, namespace: str | None = None, name: str | None = None, subresource: str | None = None) -> str:
        """The URL path below the server's address. The parts are percent-encoded; the server validates the names."""
        from urllib.parse import quote

        root = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        scope = f"/namespaces/{quote(namespace, safe='')}" if namespace and self.namespaced else ""
        rest = "".join(f"/{quote(part, safe='')}" for part in (name, subresource) if part)
        return f"{root}{scope}/{self.plural}{rest}"

    def answers_to(self, word: str) -> bool:
        """Whether ``word`` names this kind, in any form that ``kind_words`` reads. A group may be cut, as in ``ingress.networking``.

        The version does not matter: an object is read in the version that the server prefers.
        """
        wanted = read_kind(word)
        if wanted.group not in (None, self.group) and not (wanted.group and self.group.startswith(f"{wanted.group}.")):
            return False
        return wanted.kind in {self.plural, self.singular or self.kind.lower(), self.kind.lower(), *self.short_names}


def add_type_head(body: bytes, head: bytes) -> bytes:
    """The JSON of an object with apiVersion and kind, which the items of a list omit. head: as ``ApiResource.type_head``."""
    return body if body.startswith((b'{"kind":', b'{"apiVersion":')) else head + body[1:]


class ObjectRef(msgspec.Struct, frozen=True, order=True):
    """Identifies an object. uid distinguishes it from a later object of the same name; empty when unknown."""

    cluster: ClusterName
    resource: ResourceName
    namespace: Namespace
    name: str
    uid: str = ""

    @property
    def label(self) -> str:
        return f"{self.namespace}/{self.name}" if self.namespace else self.name
