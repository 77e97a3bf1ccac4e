"""A form made from a JSON schema: one line for each property, the required ones first."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.suggester import Suggester
from textual.widgets import Input, Static

from k8sconsole.errors import ConsoleError


class FormField(msgspec.Struct, frozen=True):
    """type is the JSON type's name; choices are not empty for an enumeration."""

    name: str
    type: str
    required: bool
    description: str = ""
    default: Any = None
    choices: tuple[str, ...] = ()

    @property
    def hint(self) -> str:
        words = "|".join(self.choices) or {"boolean": "true or false", "array": "several, with commas", "object": "JSON"}.get(
            self.type, self.type
        )
        return f"{words}, default {msgspec.json.encode(self.default).decode()}" if self.default not in (None, "", [], {}) else words

    def read(self, text: str) -> Any:
        """The typed text as a value of the field's type. Raises ValueError."""
        match self.type:
            case "integer":
                return int(text)
            case "number":
                return float(text)
            case "boolean":
                if text.lower() not in ("true", "false", "yes", "no"):
                    raise ValueError("true or false was expected")
                return text.lower() in ("true", "yes")
            case "array" if not text.startswith("["):
                return [part.strip() for part in text.split(",") if part.strip()]
            case "array" | "object":
                return msgspec.json.decode(text.encode())
        return text


def parse_schema_fields(schema: Mapping[str, Any]) -> list[FormField]:
    required = set(schema.get("required") or ())
    fields = [_field(name, one, name in required, schema) for name, one in (schema.get("properties") or {}).items()]
    return sorted(fields, key=lambda field: not field.required)


def _field(name: str, given: Mapping[str, Any], required: bool, schema: Mapping[str, Any]) -> FormField:
    one = _resolved(given, schema)
    options = [_resolved(option, schema) for option in (one.get("anyOf") or one.get("oneOf") or ())]
    real = next((option for option in options if option.get("type") != "null"), one)
    kind = real.get("type", "string")
    kind = next((part for part in kind if part != "null"), "string") if isinstance(kind, list) else kind
    choices = tuple(str(choice) for choice in real.get("enum") or () if choice is not None)
    return FormField(name, kind, required, str(given.get("description") or one.get("description") or ""), given.get("default"), choices)


def _resolved(one: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Any = one
    path = str(one.get("$ref", ""))
    if path.startswith("#/"):
        found = schema
        for part in path[2:].split("/"):
            found = found.get(part, {})
    return found if isinstance(found, Mapping) else {}


SuggestValues = Callable[[str, Mapping[str, str]], Awaitable[list[str]]]
"""offers(field, what was typed so far): what the field may be given, the likeliest first."""


class ValueSuggester(Suggester):
    """The likeliest ending of what is being typed, in grey; the right arrow takes it."""

    def __init__(self, offers: Callable[[], Awaitable[list[str]]]) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._offers = offers

    async def get_suggestion(self, value: str) -> str | None:
        try:
            values = await self._offers()
        except ConsoleError:
            return None  # a message for each letter typed would be worse than no suggestion
        return next((one for one in values if one.startswith(value) and one != value), None)


class ToolForm(Vertical):
    """values() answers what was typed; empty lines are left out."""

    DEFAULT_CSS = """
    ToolForm { height: auto; }
    ToolForm Horizontal { height: 1; }
    ToolForm Input { height: 1; border: none; padding: 0; width: 1fr; }
    ToolForm .label { width: 18; }
    """

    class Submitted(Message):
        """Enter was pressed in a field."""

    def __init__(self, fields: list[FormField], given: Mapping[str, str], offers: SuggestValues) -> None:
        super().__init__()
        self.fields = fields
        self._given = given
        self._offers = offers

    def compose(self) -> ComposeResult:
        for at, field in enumerate(self.fields):
            with Horizontal():
                yield Static(Content(f"{field.name}{'*' if field.required else ''}"), classes="label")
                yield self._line(at, field)

    def _line(self, at: int, field: FormField) -> Input:
        offered = ValueSuggester(lambda: self._offers(field.name, self.typed()))
        return Input(self._given.get(field.name, ""), placeholder=field.hint, id=f"field-{at}", compact=True, suggester=offered)

    def typed(self) -> dict[str, str]:
        return {field.name: self.query_one(f"#field-{at}", Input).value.strip() for at, field in enumerate(self.fields)}

    def values(self) -> dict[str, Any]:
        """Raises ValueError, naming the field and what it expects."""
        values: dict[str, Any] = {}
        typed = self.typed()
        for field in self.fields:
            if not typed[field.name]:
                if field.required:
                    raise ValueError(f"{field.name} is required")
                continue
            try:
                values[field.name] = field.read(typed[field.name])
            except (ValueError, msgspec.DecodeError) as cause:
                raise ValueError(f"{field.name}: {field.hint} was expected") from cause
        return values

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Submitted())
