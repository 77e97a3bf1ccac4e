"""Reading the objects that belong to another one, each kind under its own policy."""

from typing import Any

import msgspec

from k8sconsole.errors import ConsoleError
from k8sconsole.model.describe import RelatedQuery
from k8sconsole.model.freshness import Freshness
from k8sconsole.model.refs import ClusterName
from k8sconsole.model.tools import Capabilities, Scope
from k8sconsole.tools.context import ToolContext
from k8sconsole.tools.policy import filter_readable
from k8sconsole.tools.reading.rows import RowsRequest, open_rows
from k8sconsole.tools.results import Target
from k8sconsole.tools.spec import ToolSpec

_LISTS = Capabilities(("*",), ("get", "list"), Scope.NAMESPACE, "list")


class RelatedReader:
    """Reads the objects that belong to one object, such as its pods. ages: how old they are. warnings: why some could not be read.

    tool: the tool that reads, for the policy.
    """

    def __init__(self, context: ToolContext, cluster: ClusterName, tool: ToolSpec, *, live: bool) -> None:
        self._context = context
        self._tool = msgspec.structs.replace(tool, capabilities=_LISTS)
        self._cluster = cluster
        self._live = live
        self.ages: list[Freshness] = []
        self.warnings: tuple[str, ...] = ()

    async def read(self, query: RelatedQuery) -> list[dict[str, Any]] | None:
        """The objects, masked; None, with a warning, where they cannot be read or policy does not allow it."""
        context, namespaces = self._context, (query.namespace,) if query.namespace else ()
        try:
            kind = await context.find_resource(self._cluster, query.resource)
            target = Target(self._cluster, resource=kind, namespaces=namespaces)
            if not filter_readable(context.environment.policy(), self._tool, context.call, target, (kind,)):
                self.warnings += (f"without {kind.plural}: policy does not allow reading them",)
                return None
            opened = await open_rows(context, RowsRequest(self._cluster, kind, namespaces, filter=query.expression, live=self._live))
            self.ages.append(opened.freshness)
            self.warnings += opened.warnings
            return [msgspec.json.decode(body) for _, body in await opened.bodies()]
        except ConsoleError as problem:
            self.warnings += (f"without {query.resource}: {problem}",)
            return None
