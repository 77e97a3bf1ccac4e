"""Everything a key can do, declared once. Bindings, the footer, the palette and the help page are made from this list.

An action belongs to a scope: the class of view it works in (its method is ``action_<id>``), or ``everywhere``. Keys can be changed by id in
the settings' ``keymap``; two actions of one view on one key are reported at start. Risk is that of the tool behind it.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from textual.binding import Binding, BindingType

from k8sconsole.model.tools import Risk
from k8sconsole.tui.terminal_keys import add_option_keys
from k8sconsole.tui.widgets.line_view import MOVING_KEYS


class KeyAction(NamedTuple):
    """keys: textual's names, separated by commas. order: the smaller, the earlier in the footer; 0 leaves it to the help page.
    call: the method with its arguments where it is not the id itself. typing: it opens a prompt, so it
    must have run before the next key is looked at."""

    id: str
    scope: str
    keys: str
    title: str
    help: str
    order: int = 0
    risk: Risk = Risk.READ
    call: str = ""
    typing: bool = False


ACTIONS: tuple[KeyAction, ...] = (
    KeyAction("command", "everywhere", "colon", "command", "Go to a kind, namespace, context or pane by name", 80, typing=True),
    KeyAction("help", "everywhere", "question_mark", "all keys", "This page", 99),
    KeyAction("back", "everywhere", "escape", "back", "One step back, from anywhere", 90),
    KeyAction("pane_cluster", "everywhere", "alt+1,f2", "cluster pane", "Browse the cluster", call="pane('cluster')"),
    KeyAction("pane_tools", "everywhere", "alt+2,f3", "tools pane", "The catalogue of tools, and a form to run one", call="pane('tools')"),
    KeyAction("pane_chat", "everywhere", "alt+3,f4", "chat pane", "Ask in words", call="pane('chat')"),
    KeyAction("pane_metrics", "everywhere", "alt+4,f5", "metrics pane", "How the scanner and the cache are doing", call="pane('metrics')"),
    KeyAction("messages", "everywhere", "ctrl+l", "messages", "All messages since the start"),
    KeyAction("next_theme", "everywhere", "ctrl+t", "next theme", "Switch to the next theme"),
    KeyAction(
        "enter",
        "table",
        "enter",
        "open",
        "Look inside: pods of a workload, containers of a pod, logs of a container",
        1,
        call="open('enter')",
    ),
    KeyAction("describe", "table", "d", "describe", "Everything about the object, with its events", 2, call="open('describe')"),
    KeyAction("yaml", "table", "y", "yaml", "The object as it is cached, secrets masked", 3, call="open('yaml')"),
    KeyAction(
        "timeline", "table", "T", "timeline", "What happened to the object and to what it owns, newest first", 6, call="open('timeline')"
    ),
    KeyAction("events", "table", "E", "events", "The events about the object, newest first", call="open('events')"),
    KeyAction("logs", "table", "l", "logs", "Follow the logs of a pod or container", 4, call="open('logs')"),
    KeyAction("previous_logs", "table", "p", "previous logs", "The logs of the container that ran before", call="open('previous_logs')"),
    KeyAction(
        "filter", "table", "slash", "filter", "Show only rows that match; see the filter's grammar in docs/console.md", 5, typing=True
    ),
    KeyAction("mark", "table", "space", "mark", "Mark the row, for actions on several"),
    KeyAction("mark_range", "table", "ctrl+@", "mark range", "Mark from the last marked row to here"),
    KeyAction("delete", "table", "ctrl+d", "delete", "Delete the marked objects, or this one; asks first", 7, Risk.DESTRUCTIVE),
    KeyAction("copy", "table", "c", "copy name", "Copy the object's name to the clipboard, over SSH too"),
    KeyAction("node", "table", "o", "node", "Go to the node this pod runs on", call="open('node')"),
    KeyAction("owner", "table", "J", "owner", "Go to the object that owns this one", call="open('owner')"),
    KeyAction("all_namespaces", "table", "0", "all namespaces", "Rows of every namespace", 9, call="favourite(0)"),
    *(
        KeyAction(f"favourite_{n}", "table", str(n), f"favourite {n}", f"Rows of favourite namespace {n}", call=f"favourite({n})")
        for n in range(1, 10)
    ),
    KeyAction("faults", "table", "ctrl+z", "faults only", "Show only faulty objects, on or off", 8),
    KeyAction("wide", "table", "ctrl+w", "wide", "All columns at full width; ← and → move sideways"),
    KeyAction("refresh", "table", "ctrl+r", "refresh", "List this kind again now"),
    KeyAction("older_place", "table", "left_square_bracket", "older location", "Back in the history of locations", call="trail(-1)"),
    KeyAction("newer_place", "table", "right_square_bracket", "newer location", "Forward in the history of locations", call="trail(1)"),
    KeyAction("last_place", "table", "minus", "last location", "Switch between the last two locations", call="trail(0)"),
    KeyAction("sort_name", "table", "N", "sort by name", "Sort by name; press again to reverse", call="sort('NAME')"),
    KeyAction("sort_namespace", "table", "P", "sort by namespace", "Sort by namespace", call="sort('NAMESPACE')"),
    KeyAction("sort_age", "table", "A", "sort by age", "Sort by age", call="sort('AGE')"),
    KeyAction("sort_last_seen", "table", "L", "sort by last seen", "Sort events by when they last occurred", call="sort('LAST SEEN')"),
    KeyAction("sort_status", "table", "S", "sort by status", "Sort by status", call="sort('STATUS')"),
    KeyAction("sort_restarts", "table", "R", "sort by restarts", "Sort by restarts", call="sort('RESTARTS')"),
    KeyAction("sort_ready", "table", "Y", "sort by ready", "Sort by ready", call="sort('READY')"),
    KeyAction("sort_node", "table", "O", "sort by node", "Sort by node", call="sort('NODE')"),
    KeyAction("sort_cpu", "table", "C", "sort by CPU", "Sort by CPU use", call="sort('CPU')"),
    KeyAction("sort_memory", "table", "M", "sort by memory", "Sort by memory use", call="sort('MEM')"),
    KeyAction("text_filter", "text", "slash", "filter", "Show only lines that match", 1, typing=True),
    KeyAction("text_wrap", "text", "w", "wrap", "Wrap long lines, or cut them", 2),
    KeyAction("text_copy", "text", "c", "copy", "Copy the whole text to the clipboard", 3),
    KeyAction("text_other", "text", "y,d", "yaml / describe", "Between the description and the YAML", 4),
    KeyAction("text_timeline", "text", "T", "timeline", "The timeline of the object", 4),
    KeyAction("text_refresh", "text", "ctrl+r", "refresh", "Read it again", 5),
    *(
        KeyAction(f"log_range_{key}", "logs", str(key), label, f"Show the {label}", call=f"range({key})")
        for key, label in enumerate(
            ("newest lines", "first lines", "last minute", "last 5 minutes", "last 15 minutes", "last 30 minutes", "last hour")
        )
    ),
    KeyAction("log_autoscroll", "logs", "s", "autoscroll", "Follow the newest line, or stay", 1),
    KeyAction("log_wrap", "logs", "w", "wrap", "Wrap long lines, or cut them", 2),
    KeyAction("log_timestamps", "logs", "t", "timestamps", "Show the time of each line", 3),
    KeyAction("log_filter", "logs", "slash", "filter", "Show only lines that match", 4, typing=True),
    KeyAction("log_pretty", "logs", "J", "pretty JSON", "Show JSON lines as words, or as they are", 5),
    KeyAction("log_previous", "logs", "p", "previous", "The container that ran before this one", 6),
    KeyAction("log_copy", "logs", "c", "copy", "Copy what is shown to the clipboard", 7),
    KeyAction("container_logs", "containers", "enter,l", "logs", "Follow this container's log", 1, call="open('logs')"),
    KeyAction(
        "container_previous",
        "containers",
        "p",
        "previous logs",
        "The log of the container that ran before",
        2,
        call="open('previous_logs')",
    ),
    KeyAction("container_describe", "containers", "d", "describe", "Everything about the pod", 3, call="open('describe')"),
    KeyAction("container_yaml", "containers", "y", "yaml", "The pod as it is cached", 4, call="open('yaml')"),
    KeyAction("choose", "contexts", "enter", "go there", "Browse this context, or all marked ones together", 1),
    KeyAction("mark_context", "contexts", "space", "mark", "Mark a context, to browse several together", 2),
    KeyAction("tool_search", "tools", "slash", "search", "Search the catalogue", 1, typing=True),
    KeyAction("tool_form", "tools", "enter", "form", "Go to the form of this tool", 2),
    KeyAction("tool_run", "tools", "ctrl+r,ctrl+j", "run", "Run the tool with the form's values; a change asks first", 3),
    KeyAction("chat_evidence", "chat", "ctrl+o", "evidence", "Into the conversation, where enter on a row opens it in the cluster pane", 1),
    KeyAction("chat_open", "chat", "enter", "open", "Open the row of an answer in the cluster pane", call="open"),
    KeyAction("chat_clear", "chat", "ctrl+u", "clear", "Begin a new conversation", 2),
    KeyAction("metrics_refresh", "metrics", "ctrl+r", "refresh", "Read the figures again now", 1),
)


def bindings_for(scope: str) -> list[BindingType]:
    return [
        Binding(add_option_keys(one.keys), one.call or one.id, one.title, show=False, id=one.id, tooltip=one.help, priority=one.typing)
        for one in ACTIONS
        if one.scope == scope
    ]


def actions_in_scope(scope: str) -> list[KeyAction]:
    return [one for one in ACTIONS if one.scope == scope]


def footer_actions(scope: str) -> list[KeyAction]:
    """What the last row offers in this scope, most used first."""
    return sorted((one for one in ACTIONS if one.scope in (scope, "everywhere") and one.order), key=lambda one: one.order)


def resolve_keymap(keymap: Mapping[str, str]) -> dict[str, str]:
    """Action id to keys, the settings' own in place of the declared ones."""
    return {one.id: keymap.get(one.id, one.keys) for one in ACTIONS}


def find_key_conflicts(keymap: Mapping[str, str], actions: Iterable[KeyAction] = ACTIONS) -> list[str]:
    """A sentence for each key that would mean two things in one view or that the view moves by, and for each id that names no action."""
    keys = {one.id: _normal(keymap.get(one.id, one.keys)) for one in actions}
    scope = {one.id: one.scope for one in actions}
    problems = [f"keymap: there is no action {name}" for name in keymap if name not in keys]
    opening = {one.id for one in actions if one.typing}
    taken: dict[tuple[str, str], str] = {}
    for name, pressed in keys.items():
        for key in pressed:
            if key in MOVING_KEYS and name not in opening:
                problems.append(f"keymap: {format_key(key)} moves within a view, so it cannot mean {name}")
            other = taken.setdefault((scope[name], key), name)
            if other == name and scope[name] != "everywhere":
                other = taken.get(("everywhere", key), name)
            if other != name:
                problems.append(f"keymap: {format_key(key)} means both {other} and {name}")
    return problems


def _normal(keys: str) -> list[str]:
    from textual.keys import _character_to_key

    return [_character_to_key(key.strip()) if len(key.strip()) == 1 else key.strip() for key in keys.split(",") if key.strip()]


_SHOWN = {
    "colon": ":", "slash": "/", "question_mark": "?", "left_square_bracket": "[", "right_square_bracket": "]", "minus": "-",
    "escape": "esc", "ctrl+@": "ctrl-space",
}  # fmt: skip


def format_key(key: str) -> str:
    """A key as a person writes it: ``ctrl-d``, ``?``, ``shift-n``."""
    if key in _SHOWN:
        return _SHOWN[key]
    if len(key) == 1 and key.isupper():
        return f"shift-{key.lower()}"
    if key.startswith("upper_"):
        return f"shift-{key.removeprefix('upper_')}"
    return key.replace("+", "-")


def format_first_key(keys: str) -> str:
    return format_key(keys.split(",")[0].strip())
