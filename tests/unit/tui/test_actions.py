from pathlib import Path

from k8sconsole.config import paths
from k8sconsole.tui.actions import ACTIONS, actions_in_scope, find_key_conflicts, footer_actions, format_first_key, format_key
from k8sconsole.tui.panes.chat import ChatPane
from k8sconsole.tui.panes.metrics import MetricsPane
from k8sconsole.tui.panes.tools import ToolsPane
from k8sconsole.tui.screens.main import MainScreen
from k8sconsole.tui.views.containers import ContainersView
from k8sconsole.tui.views.contexts import ContextsView
from k8sconsole.tui.views.documents import DocumentView
from k8sconsole.tui.views.logs import LogView
from k8sconsole.tui.views.table import TableView

OWNERS = {
    "everywhere": MainScreen,
    "table": TableView,
    "text": DocumentView,
    "logs": LogView,
    "containers": ContainersView,
    "contexts": ContextsView,
    "tools": ToolsPane,
    "chat": ChatPane,
    "metrics": MetricsPane,
}


def test_every_action_has_a_method_where_it_works() -> None:
    for action in ACTIONS:
        method = f"action_{(action.call or action.id).partition('(')[0]}"
        assert hasattr(OWNERS[action.scope], method), action.id


def test_the_keys_as_declared_do_not_conflict() -> None:
    assert find_key_conflicts({}) == []


def test_a_remapped_key_that_is_taken_is_reported_with_both_names() -> None:
    assert find_key_conflicts({"logs": "d"}) == ["keymap: d means both describe and logs"]
    assert find_key_conflicts({"logs": "colon"}) == ["keymap: : means both command and logs"]


def test_a_key_that_moves_within_a_view_is_reported_since_it_never_reaches_an_action() -> None:
    assert find_key_conflicts({"describe": "j"}) == ["keymap: j moves within a view, so it cannot mean describe"]


def test_a_keymap_that_names_no_action_is_told() -> None:
    assert find_key_conflicts({"logz": "d"}) == ["keymap: there is no action logz"]


def test_ids_are_unique() -> None:
    assert len({action.id for action in ACTIONS}) == len(ACTIONS)


def test_keys_are_shown_as_people_write_them() -> None:
    assert [format_key(key) for key in ("N", "ctrl+d", "slash", "ctrl+@")] == ["shift-n", "ctrl-d", "/", "ctrl-space"]
    assert format_first_key("alt+1,f2") == "alt-1"


def test_the_footer_offers_the_most_used_first_and_help_last() -> None:
    offered = [action.id for action in footer_actions("table")]
    assert offered[0] == "enter"
    assert offered[-1] == "help"


def test_the_manual_names_every_key_of_every_view() -> None:
    manual = (Path(paths.checkout_root() or ".") / "docs" / "console.md").read_text()
    missing = [
        (action.id, key)
        for scope in OWNERS
        for action in actions_in_scope(scope)
        for key in (format_first_key(action.keys),)
        if f"`{key}`" not in manual and not action.id.startswith(("favourite_", "log_range_"))
    ]
    assert missing == []
