"""Names: of a cluster, a namespace, a kind of resource, an object."""

from typing import NewType

import msgspec

ClusterName = NewType("ClusterName", str)
"""The kubeconfig context by which a cluster is known here; the demo cluster is ``demo``."""

Namespace = NewType("Namespace", str)
"""Empty for objects that live in no namespace."""

ResourceName = NewType("ResourceName", str)
"""plural.group as kubectl writes it, the group left out for the core group: ``pods``, ``deployments.apps``."""


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

    def path(self, namespace: str | None = None, name: str | None = None, subresource: str | None = None) -> str:
        """The URL path below the server's address; parts are names checked by the server, percent-encoded here."""
        from urllib.parse import quote

        root = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        scope = f"/namespaces/{quote(namespace, safe='')}" if namespace and self.namespaced else ""
        rest = "".join(f"/{quote(part, safe='')}" for part in (name, subresource) if part)
        return f"{root}{scope}/{self.plural}{rest}"

    def answers_to(self, word: str) -> bool:
        """Whether a person who types ``word`` may mean this kind: kind, plural, singular, short name, any of them with the group."""
        lowered = word.lower()
        bare, _, group = lowered.partition(".")
        if group and group not in (self.group, f"{self.version}.{self.group}"):
            return False
        return bare in {self.plural, self.singular or self.kind.lower(), self.kind.lower(), *self.short_names}


class ObjectRef(msgspec.Struct, frozen=True, order=True):
    """Which object: enough to find it again, and to tell it from a later one of the same name (uid may be empty when unknown)."""

    cluster: ClusterName
    resource: ResourceName
    namespace: Namespace
    name: str
    uid: str = ""

    @property
    def label(self) -> str:
        return f"{self.namespace}/{self.name}" if self.namespace else self.name
