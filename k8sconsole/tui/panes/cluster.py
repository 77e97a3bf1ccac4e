"""The cluster browser: a stack of views, and the history of locations.

Every view but the table is loaded when it is first opened: the first rows do not wait for it.
"""

from collections.abc import Sequence
from typing import ClassVar

import msgspec

from k8sconsole.errors import ApprovalDenied, UsageError
from k8sconsole.model.events import Fact
from k8sconsole.model.filters import quote
from k8sconsole.model.kind_words import split_object
from k8sconsole.model.refs import ApiResource, ClusterName, Namespace, ObjectRef
from k8sconsole.model.resources import BUILTIN
from k8sconsole.model.tools import Face, ToolOutcome
from k8sconsole.tui.browse.command_line import Command
from k8sconsole.tui.browse.drill import inside, locate_events, needs_body
from k8sconsole.tui.browse.location import Location, LocationHistory
from k8sconsole.tui.context import TuiContext
from k8sconsole.tui.error_policy import worker
from k8sconsole.tui.framed import Frame
from k8sconsole.tui.messages import FrameChanged, StatusMessage
from k8sconsole.tui.panes.base import Pane
from k8sconsole.tui.views.base import DeletionRequested, HistoryStepRequested, LocationRequested, ObjectOpened, View
from k8sconsole.tui.views.table import TableView
from k8sconsole.tui.widgets.prompt import PromptLine

PODS = next(resource for resource in BUILTIN if resource.name == "pods")


class ClusterPane(Pane):
    CSS_FILE: ClassVar[str] = "cluster.tcss"

    def __init__(self, context: TuiContext, namespaces: tuple[Namespace, ...] = ()) -> None:
        super().__init__(context, "cluster")
        self.trail = LocationHistory()
        self._namespaces = namespaces
        self._own: tuple[Namespace, ...] = ()
        self._stack: list[View] = []

    @property
    def top(self) -> View | None:
        return self._stack[-1] if self._stack else None

    # the frame's questions

    def frame(self) -> Frame:
        return self.top.frame() if self.top and self.top.is_mounted else Frame(("cluster",))

    def shown(self) -> None:
        if self.top is None:
            self.go(Location(PODS, namespaces=self._namespaces))
        else:
            self._focus_top()

    def back(self) -> bool:
        if self.top is not None and (self.top.failure_line.close() or self.top.back()):
            return True
        if len(self._stack) > 1:
            self._pop()
            return True
        return False

    def apply_filter(self, text: str) -> str:
        return self.top.apply_filter(text) if self.top else ""

    def handle_fact(self, fact: Fact) -> None:
        if self.top is not None:
            self.top.handle_fact(fact)

    def tick(self) -> None:
        if self.top is not None and self.top.is_mounted:
            self.top.tick()

    # going

    def go(self, place: Location, *, drilled: bool = False) -> None:
        """Another place; drilled: on top of this one."""
        self.trail.visit(place)
        self._push(TableView(self.context, place), alone=not drilled)

    def contexts(self) -> None:
        from k8sconsole.tui.views.contexts import ContextsView

        self._push(ContextsView(self.context))

    def fail(self, problem: str) -> None:
        """There is nothing to show, and this is why."""
        if isinstance(self.top, TableView):
            self.top.fail(problem)

    def adopt(self, own: tuple[Namespace, ...], before: tuple[ClusterName, ...] = ()) -> None:
        """own: the namespace that the newly selected contexts name. It takes the place of the one that came with the contexts before.
        before: the clusters that were selected until now."""
        self.trail.pin(before)
        here = _kept_namespaces(self._stack, self._namespaces)
        self._namespaces = own if here == self._own else here
        self._own = own

    def reload(self) -> None:
        """The same location again, on the clusters and in the namespaces that are selected now."""
        place = msgspec.structs.replace(self.trail.here or Location(PODS), namespaces=self._namespaces)
        if not set(place.clusters) <= set(self.context.selected):
            place = msgspec.structs.replace(place, clusters=(), scope="", scope_label="")
        self.go(place)

    async def follow(self, command: Command) -> None:
        """``:kind …`` or ``:kind/name``, elsewhere with ``@context``. Raises UsageError for a kind that no chosen cluster knows, and
        what selecting a cluster raises."""
        clusters = tuple(ClusterName(name) for name in command.contexts)
        word, name = split_object(command.kind)
        resource = await self.find(word, clusters)
        await self._mention_rivals(word, resource, clusters)
        kept = _kept_namespaces(self._stack, self._namespaces)
        if clusters and set(clusters) != set(self.context.selected):
            await self.context.select(clusters)
            kept = self._namespaces
        chosen = () if command.namespaces in (("all",), ("*",)) else tuple(Namespace(name) for name in command.namespaces)
        namespaces = chosen or (kept if not command.namespaces else ())
        self.go(Location(resource, (), namespaces, command.filter, f"name={quote(name)}" if name else "", name))

    @worker(group="show")
    async def show_object(self, ref: ObjectRef) -> None:
        """A place that holds the object, with the cursor's choice narrowed to it."""
        await self.context.reach((ref.cluster,))
        resource = await self.find(ref.resource, (ref.cluster,))
        namespaces = (ref.namespace,) if ref.namespace else ()
        self.go(Location(resource, (ref.cluster,), namespaces, scope=f"name={ref.name}", scope_label=ref.name))

    async def find(self, word: str, clusters: tuple[ClusterName, ...] = ()) -> ApiResource:
        last: UsageError | None = None
        for cluster in clusters or self.context.selected or (ClusterName(""),):
            try:
                found = await self.context.console.clusters.find_resource(cluster, word)
            except UsageError as error:
                last = error
            else:
                return found
        raise last or UsageError(f"there is no kind {word}")

    async def _mention_rivals(self, word: str, chosen: ApiResource, clusters: tuple[ClusterName, ...]) -> None:
        """Says which kind the word was taken for, where several groups have one of that name."""
        cluster = next(iter(clusters or self.context.selected), ClusterName(""))
        rivals = await self.context.console.clusters.rivals(cluster, word)
        if rivals:
            others = ", ".join(f":{one.name}" for one in rivals)
            self.post_message(StatusMessage(f"{word} is taken for {chosen.name}", f"the same name is also in {others}", "warning"))

    def set_namespaces(self, names: tuple[str, ...]) -> None:
        here = self.trail.here or Location(PODS)
        wanted = () if names in (("all",), ("*",)) else tuple(Namespace(name) for name in names)
        resource = here.resource if here.resource.namespaced else PODS
        self.go(msgspec.structs.replace(here, resource=resource, namespaces=wanted, scope="", scope_label="", filter=""))

    def _push(self, view: View, *, alone: bool = False) -> None:
        for other in self._stack:
            other.display = False
            if alone:
                other.remove()
        self._stack = [view] if alone else [*self._stack, view]
        self.mount(view)
        self.call_after_refresh(self._focus_top)

    def _pop(self) -> None:
        self._stack.pop().remove()
        top = self._stack[-1]
        top.display = True
        if isinstance(top, TableView):
            self.trail.visit(top.feed.location)
            top.follow()
        self._focus_top()

    def _focus_top(self) -> None:
        prompt = self.screen.query_one(PromptLine)
        if self.top is not None and self.display and not prompt.is_open:
            for child in self.top.query("VirtualTable, LineView"):
                self.screen.set_focus(child)
        self.post_message(FrameChanged())

    # requests of views

    def on_location_requested(self, event: LocationRequested) -> None:
        event.stop()
        self.go(event.location, drilled=event.drilled)

    def on_history_step_requested(self, event: HistoryStepRequested) -> None:
        event.stop()
        place = self.trail.step(event.by) if event.by else self.trail.last()
        if place is not None:
            self._revisit(place)
            return
        end = {-1: "older", 0: "previous", 1: "newer"}[event.by]
        self.post_message(StatusMessage(f"there is no {end} location", severity="warning"))

    @worker(group="show")
    async def _revisit(self, place: Location) -> None:
        await self.context.reach(place.clusters)
        self._push(TableView(self.context, place), alone=True)

    async def on_object_opened(self, event: ObjectOpened) -> None:
        event.stop()
        await self._open(event)

    async def _open(self, event: ObjectOpened) -> None:
        ref = event.ref
        match event.how:
            case "describe" | "yaml" | "timeline":
                self._push(_document_view(self.context, ref, event.how))
            case "events":
                self.go(await locate_events(ref, self.find), drilled=True)
            case "logs" | "previous_logs" if ref.resource == "pods":
                self._push(await _log_or_choice(self.context, event))
            case "enter" if ref.resource == "pods":
                self._push(_containers_view(self.context, ref))
            case "enter":
                await self._drill(ref)
            case "node" | "owner":
                await self._up(event)
            case _:
                self.post_message(StatusMessage(f"{ref.resource} have no logs", "press enter to reach their pods", "warning"))

    async def _drill(self, ref: ObjectRef) -> None:
        body = await self.context.console.cache.body(ref) if needs_body(ref.resource) else {}
        into = inside(ref, body or {})
        if into is None:
            self._push(_document_view(self.context, ref, "describe"))
            return
        resource = await self.find(into.resource, (ref.cluster,))
        self.go(Location(resource, (ref.cluster,), into.namespaces, scope=into.scope, scope_label=into.label), drilled=True)

    async def _up(self, event: ObjectOpened) -> None:
        """To the node a pod runs on, or to the owner of an object."""
        row, ref = event.row, event.ref
        namespaces: tuple[Namespace, ...] = ()
        if event.how == "node":
            body = await self.context.console.cache.body(ref) or {}
            kind, name = "nodes", str((body.get("spec") or {}).get("nodeName", ""))
        else:
            kind, _, name = (row.owner if row else "").partition("/")
            namespaces = (ref.namespace,) if ref.namespace else ()
        if not name:
            self.post_message(StatusMessage(f"{ref.label} has no {event.how}", severity="warning"))
            return
        resource = await self.find(kind, (ref.cluster,))
        self.go(
            Location(resource, (ref.cluster,), namespaces if resource.namespaced else (), scope=f"name={name}", scope_label=name),
            drilled=True,
        )

    # deleting

    def on_deletion_requested(self, event: DeletionRequested) -> None:
        event.stop()
        self.delete(event.refs, event.hidden)

    @worker(group="delete")
    async def delete(self, refs: list[ObjectRef], hidden: int) -> None:
        """One call for each object; the pipeline asks for confirmation each time. The first refusal or error ends the calls."""
        if hidden:
            self.post_message(StatusMessage(f"{hidden} of the {len(refs)} marked objects are hidden by the filter", severity="warning"))
        for at, ref in enumerate(refs):
            outcome = await _delete_one(self.context, ref)
            if outcome.error is not None:
                rest = f"; {len(refs) - at - 1} more were not deleted" if at + 1 < len(refs) else ""
                if isinstance(outcome.error, ApprovalDenied):
                    self.post_message(StatusMessage(f"{ref.label} was kept{rest}", outcome.error.detail))
                    return
                self.post_message(StatusMessage(f"{ref.label} was not deleted{rest}", str(outcome.error), "warning"))
                return
            self.post_message(StatusMessage(f"deleted {ref.resource} {ref.label} on {ref.cluster}"))


def _kept_namespaces(stack: Sequence[View], otherwise: tuple[Namespace, ...]) -> tuple[Namespace, ...]:
    """The namespaces that a person sees before drilling down."""
    return stack[0].feed.location.namespaces if stack and isinstance(stack[0], TableView) else otherwise


def _document_view(context: TuiContext, ref: ObjectRef, how: str) -> View:
    from k8sconsole.tui.views.documents import DocumentView

    return DocumentView(context, ref, how)


async def _log_or_choice(context: TuiContext, event: ObjectOpened) -> View:
    """The log of the container that is named, or of the only one; of several, a person chooses one."""
    pod = None if event.container else await context.console.cache.body(event.ref)
    names = [str(one.get("name", "")) for one in ((pod or {}).get("spec") or {}).get("containers") or []]
    if len(names) > 1:
        return _containers_view(context, event.ref, event.how)
    return _log_view(context, event, event.container or "".join(names))


def _log_view(context: TuiContext, event: ObjectOpened, container: str) -> View:
    from k8sconsole.tui.views.logs import LogView

    return LogView(context, event.ref, container, previous=event.how == "previous_logs")


def _containers_view(context: TuiContext, ref: ObjectRef, choosing: str = "") -> View:
    from k8sconsole.tui.views.containers import ContainersView

    return ContainersView(context, ref, choosing)


async def _delete_one(context: TuiContext, ref: ObjectRef) -> ToolOutcome:
    arguments = {
        "context": ref.cluster,
        "kind": ref.resource,
        "name": ref.name,
        **({"namespace": ref.namespace} if ref.namespace else {}),
    }
    return await context.console.tools.call("k8s_delete_resource", arguments, face=Face.TUI, caller="keyboard")
