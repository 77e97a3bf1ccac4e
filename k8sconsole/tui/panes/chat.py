"""A conversation that answers what a command can answer: from the cache, with evidence and age. No language model speaks here yet."""

from collections.abc import Awaitable, Callable, Hashable
from functools import partial

from textual.app import ComposeResult
from textual.suggester import Suggester
from textual.widgets import Input

from k8sconsole.agent.intent import Intent, Want, parse_question
from k8sconsole.agent.unfinished_word import UnfinishedWord, find_unfinished_word
from k8sconsole.errors import ConsoleError
from k8sconsole.kit.text import format_age
from k8sconsole.model.cache_records import RowQuery
from k8sconsole.model.filters import parse_filter
from k8sconsole.model.objects import Row
from k8sconsole.model.refs import Namespace
from k8sconsole.model.tables import KindTable
from k8sconsole.model.tools import Face
from k8sconsole.tui.actions import bindings_for
from k8sconsole.tui.context import TuiContext
from k8sconsole.tui.error_policy import worker
from k8sconsole.tui.framed import Frame
from k8sconsole.tui.messages import FrameChanged, ObjectRequested, StatusMessage
from k8sconsole.tui.panes.base import Pane
from k8sconsole.tui.visuals.cells import RowPainter
from k8sconsole.tui.visuals.chat import EXAMPLES, LINE, answer_words, no_model_words
from k8sconsole.tui.widgets.form import ValueSuggester
from k8sconsole.tui.widgets.paint import Piece
from k8sconsole.tui.widgets.small_table import ListLines
from k8sconsole.tui.widgets.virtual_table import VirtualTable

EVIDENCE = 15
"""Rows shown under an answer; the count is of all."""


class WordSuggester(Suggester):
    """The likeliest ending of the word that is being typed, in grey; the right arrow takes it. endings(word): what it may become."""

    def __init__(self, endings: Callable[[UnfinishedWord], Awaitable[list[str]]]) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._endings = endings

    async def get_suggestion(self, value: str) -> str | None:
        word = find_unfinished_word(value)
        if word is None:
            return None
        ending = await ValueSuggester(partial(self._endings, word)).get_suggestion(word.part)
        return None if ending is None else value.removesuffix(word.part) + ending


class ChatPane(Pane):
    BINDINGS = bindings_for("chat")

    def __init__(self, context: TuiContext) -> None:
        super().__init__(context, "chat")
        self._lines: list[tuple[Hashable, list[Piece]]] = []
        self._refs: dict[Hashable, Row] = {}

    def compose(self) -> ComposeResult:
        glyphs = self.context.glyphs
        yield VirtualTable(self.context.palette, (glyphs.cursor, glyphs.mark, glyphs.new), id="talk")
        hint = "ask, for example: pods in shop that are not running"
        field = Input(placeholder=hint, id="ask", compact=True, suggester=WordSuggester(self._endings))
        field.cursor_blink = False
        yield field

    async def _endings(self, typed: UnfinishedWord) -> list[str]:
        given = {**typed.given, typed.parameter: typed.part}
        return await self.context.console.tools.suggest(typed.tool, typed.parameter, given)

    @property
    def talk(self) -> VirtualTable:
        return self.query_one("#talk", VirtualTable)

    def on_mount(self) -> None:
        self._greet()

    def _greet(self) -> None:
        self._explain()
        for example in EXAMPLES:
            self._say(f"  {example}", "text")

    def _explain(self) -> None:
        for line in no_model_words(self.context.settings.llm.model):
            self._say(line, "muted")

    def shown(self) -> None:
        self.query_one("#ask", Input).focus()

    def frame(self) -> Frame:
        return Frame(("chat",), ((Piece("no language model in this version", "muted"),),), "chat")

    def back(self) -> bool:
        if self.talk.has_focus:
            self.shown()
            return True
        return False

    def action_chat_clear(self) -> None:
        self._lines.clear()
        self._refs.clear()
        self._greet()
        self.post_message(StatusMessage("began a new conversation"))

    def action_chat_evidence(self) -> None:
        self.talk.focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        question = event.value.strip()
        if question:
            event.input.value = ""
            self._say("", "text")
            self._say(f"› {question}", "accent", bold=True)
            self.answer(question)

    def on_virtual_table_opened(self) -> None:
        self.action_open()

    def action_open(self) -> None:
        row = self._refs.get(self.talk.cursor) if self.talk.cursor is not None else None
        if row is not None:
            self.post_message(ObjectRequested(row.ref))
        else:
            self.post_message(StatusMessage("this line names no object", "enter opens the rows under an answer", "warning"))

    @worker(group="answer")
    async def answer(self, question: str) -> None:
        kinds = {
            word: one.name
            for one in reversed(self.context.resources)
            for word in (one.plural, one.singular or one.kind.lower(), *one.short_names)
        }
        intent = parse_question(question, kinds)
        try:
            if intent.want is Want.NOTHING or intent.unknown:
                self._not_understood(intent)
            elif intent.want is Want.LOGS:
                await self._logs(intent)
            else:
                await self._rows(intent)
        except ConsoleError as error:
            self._say(str(error), "bad")
        self.post_message(FrameChanged())

    def _not_understood(self, intent: Intent) -> None:
        words = " ".join(intent.unknown)
        self._say(f"I do not understand: {words}" if words else "The question names no kind of object.", "warn")
        self._explain()

    async def _rows(self, intent: Intent) -> None:
        console, clusters = self.context.console, self.context.selected
        resource = await console.clusters.find_resource(clusters[0], intent.kind) if clusters else None
        if resource is None:
            self._say("no cluster is chosen; :ctx shows what can be reached", "warn")
            return
        namespaces = tuple(Namespace(name) for name in intent.namespaces)
        query = RowQuery(resource.name, clusters, namespaces, filter=parse_filter(intent.filter) if intent.filter else None, limit=EVIDENCE)
        found = await console.cache.rows(query)
        fresh = await console.cache.freshness(clusters, resource.name, namespaces if resource.namespaced else ())
        self._say(answer_words(resource, intent, found.total, fresh, self.context.now()), "text", bold=True)
        if intent.want is Want.LIST:
            self._evidence(found.rows, await console.clusters.table(clusters[0], resource))
            if found.total > len(found.rows):
                self._say(f"  … and {found.total - len(found.rows)} more; :{resource.plural} shows all", "muted")

    def _evidence(self, rows: list[Row], table: KindTable) -> None:
        painter = RowPainter(table, self.context.glyphs, clusters=len(self.context.selected) > 1, namespaces=True, stale_after=float("inf"))
        for row in rows:
            kept = {*range(painter.leading), *(painter.leading + at for at, _ in table.narrow_columns([row.cells]))}
            pieces = painter.pieces(row, self.context.now(), clock_skew=self.context.clock_skew(row.cluster))
            shown = [piece for at, piece in enumerate(pieces) if at in kept]
            text = "  ".join(piece.text for piece in shown if piece.text)
            grade = next((piece.role for piece in shown if piece.role in ("bad", "warn", "moving", "good")), "text")
            self._refs[len(self._lines)] = row
            self._say(f"  {text}", grade)

    async def _logs(self, intent: Intent) -> None:
        arguments = {"name": intent.name, "tail": 30, **({"namespace": intent.namespaces[0]} if intent.namespaces else {})}
        arguments |= {"container": intent.container} if intent.container else {}
        arguments |= {"context": self.context.selected[0]} if self.context.selected else {}
        outcome = await self.context.console.tools.call("k8s_get_pod_logs", arguments, face=Face.CHAT, caller="chat pane")
        if outcome.error is not None:
            raise outcome.error
        age = outcome.freshness.age(self.context.now()) if outcome.freshness else None
        self._say(f"the last lines of {intent.name}" + (f", read {format_age(age)} ago" if age is not None else ""), "text", bold=True)
        for line in outcome.text.splitlines():
            self._say(f"  {line}", "muted")

    def _say(self, text: str, role: str, bold: bool = False) -> None:
        self._lines.append((len(self._lines), [Piece(text, role, bold)]))
        talk = self.talk
        talk.show((LINE,), ListLines(self._lines))
        talk.go(len(self._lines) - 1)
