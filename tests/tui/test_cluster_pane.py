"""The cluster pane as a person uses it: keys in, words on the screen out."""

import asyncio
from typing import Any

import pytest

from k8sconsole.errors import ConfigurationError
from k8sconsole.model.attached_servers import AttachedServerState, AttachedServerStatus
from k8sconsole.model.events import AttachedServerChanged, ClusterState, ConnectionState
from k8sconsole.model.refs import ApiResource
from k8sconsole.model.resources import BUILTIN
from k8sconsole.model.tools import Question
from k8sconsole.tui.browse.location import Location
from k8sconsole.tui.messages import CommandSubmitted
from k8sconsole.tui.widgets.question import QuestionDialog
from tests.tui.memory import DEMO, NOW, MemoryConsole, open_console, pod, settled, shop
from tests.waiting import wait_until


def screen(pilot: Any) -> str:
    """The text on the terminal, line by line."""
    height = pilot.app.size.height
    strips = pilot.app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips[:height])


async def shown(pilot: Any, words: str) -> str:
    """The screen, as soon as it shows the words."""
    await wait_until(lambda: words in screen(pilot))
    return screen(pilot)


async def press(pilot: Any, *keys: str) -> str:
    for key in keys:
        await pilot.press(key)
        await settled(pilot, 3)
    return screen(pilot)


async def typed(pilot: Any, text: str) -> str:
    await pilot.press(*text)
    await settled(pilot, 3)
    return screen(pilot)


@pytest.fixture
def console() -> MemoryConsole:
    return MemoryConsole(shop())


async def test_the_first_screen_shows_pods_their_cluster_and_the_keys(console: MemoryConsole) -> None:
    async with open_console(console) as pilot:
        lines = screen(pilot).splitlines()
    assert "demo ● live" in lines[0]
    assert "1.36.3" in lines[0]
    assert lines[1].split()[:4] == ["pods", "›", "all", "namespaces"]
    assert "✗ CrashLoopBackOff" in "\n".join(lines)
    assert "enter open" in lines[-1]
    assert len(lines) == 24


async def test_a_filter_says_how_much_it_hides_and_esc_clears_it(console: MemoryConsole) -> None:
    async with open_console(console) as pilot:
        await press(pilot, "slash")
        seen = await typed(pilot, "status!=Running")
        assert "web-6f7b9c-aaaaa" not in seen
        seen = await press(pilot, "enter")
        assert "4 of 8" in seen.splitlines()[1]
        assert "status!=Running" in seen.splitlines()[1]
        seen = await press(pilot, "escape")
        assert "web-6f7b9c-aaaaa" in seen


async def test_a_wrong_filter_says_what_is_wrong_while_it_is_typed(console: MemoryConsole) -> None:
    async with open_console(console) as pilot:
        await press(pilot, "slash")
        seen = await typed(pilot, "age<")
    assert "expected" in seen.splitlines()[-2]


async def test_a_filter_with_a_key_that_no_row_has_is_taken_back_with_the_reason(console: MemoryConsole) -> None:
    async with open_console(console) as pilot:
        await press(pilot, "slash")
        await typed(pilot, "statuss=Running")
        seen = await press(pilot, "enter")
        assert "no field or label 'statuss' in pods" in seen
        seen = await press(pilot, "escape")
        assert "statuss" not in seen.splitlines()[1]


async def test_an_empty_table_says_why_and_what_to_press(console: MemoryConsole) -> None:
    async with open_console(console) as pilot:
        await press(pilot, "slash")
        await typed(pilot, "nothing-like-this")
        assert "no pods match nothing-like-this · esc clears the filter" in await press(pilot, "enter")


async def test_enter_leads_from_a_deployment_to_its_pods_to_containers_to_the_log_and_esc_back(console: MemoryConsole) -> None:
    console.log_lines = ["starting", '{"level":"error","msg":"card refused","order":42}']
    async with open_console(console) as pilot:
        await press(pilot, "colon")
        await typed(pilot, "deploy")
        assert "web" in await press(pilot, "enter")
        pods = await press(pilot, "enter")
        assert "deployment/web" in pods
        assert "web-6f7b9c-aaaaa" in pods
        assert "checkout" not in pods
        assert "shop/main:1.4" in await press(pilot, "enter")
        await press(pilot, "enter")
        await shown(pilot, "ERROR card refused order=42")
        await press(pilot, "escape", "escape", "escape")
        assert screen(pilot).splitlines()[1].split()[0] == "deployments"


async def test_the_log_of_a_pod_with_several_containers_asks_for_one_and_says_which_it_is(console: MemoryConsole) -> None:
    several = pod("pair-0", "data")
    several["spec"]["containers"].append({"name": "proxy", "image": "envoy:1.30"})
    console.put(several)
    console.log_lines = ["\x1b[32mready\x1b[0m"]
    async with open_console(console) as pilot:
        pilot.app.main.post_message(CommandSubmitted("pods data name=pair-0"))
        await settled(pilot)
        asked = await press(pilot, "l")
        assert "choose a container" in asked.splitlines()[1]
        await press(pilot, "down")
        seen = await press(pilot, "enter")
        assert seen.splitlines()[1].split()[:7] == ["logs", "›", "data", "›", "pair-0", "›", "proxy"]
        assert "ready" in await shown(pilot, "ready")
        assert "[32m" not in screen(pilot)


async def test_describe_and_yaml_are_one_key_apart(console: MemoryConsole) -> None:
    async with open_console(console) as pilot:
        assert "Namespace:" in await press(pilot, "d")
        assert "apiVersion: v1" in await press(pilot, "y")


async def test_the_cursor_stays_on_its_object_when_rows_arrive_and_the_order_changes(console: MemoryConsole) -> None:
    async with open_console(console) as pilot:
        table = pilot.app.main.cluster.top.table
        await press(pilot, "j", "j", "j")
        chosen = table.cursor
        console.change(pod("aaa-first", "aaa"))
        await shown(pilot, "+ aaa")
        assert table.cursor == chosen
        await press(pilot, "A")
        assert table.cursor == chosen


async def test_when_the_selected_object_goes_nothing_is_selected_until_a_key_moves(console: MemoryConsole) -> None:
    async with open_console(console) as pilot:
        await press(pilot, "j", "j", "j")
        view = pilot.app.main.cluster.top
        gone = view.display_parts.current.ref
        console.remove(gone)
        await wait_until(lambda: view.table.cursor is None)
        await settled(pilot)
        assert gone.name in screen(pilot), "it stays dimmed for two seconds"
        await press(pilot, "ctrl+d")
        assert not console.calls, "a key that acts has nothing to act on"
        console.clock.advance(3)
        view.tick()
        await settled(pilot)
        assert gone.name not in screen(pilot)
        await press(pilot, "j")
        assert view.table.cursor is not None


async def test_deleting_asks_first_and_the_safe_answer_has_the_focus(console: MemoryConsole) -> None:
    async with open_console(console) as pilot:
        await press(pilot, "j", "ctrl+d")
        await shown(pilot, "Delete pods")
        assert isinstance(pilot.app.screen, QuestionDialog)
        assert "Delete pods checkout-7d9c4b8f5-2kx9p on demo" in screen(pilot)
        assert pilot.app.focused.id == "safe"
        await press(pilot, "enter")
        assert len(console.rows_by_ref) == len(shop()), "enter pressed by habit keeps it"
        await press(pilot, "ctrl+d")
        await shown(pilot, "Delete pods")
        await press(pilot, "right", "enter")
        await wait_until(lambda: len(console.rows_by_ref) < len(shop()))
    assert len(console.rows_by_ref) == len(shop()) - 1


async def test_a_question_that_wants_a_word_does_nothing_until_it_is_typed(console: MemoryConsole) -> None:
    console.confirm_word = "demo"
    async with open_console(console) as pilot:
        await press(pilot, "ctrl+d")
        await wait_until(lambda: isinstance(pilot.app.screen, QuestionDialog))
        act = pilot.app.screen.query_one("#act")
        assert act.disabled
        pilot.app.screen.query_one("#word").focus()
        await typed(pilot, "demo")
        assert not act.disabled
        await press(pilot, "escape")
    assert len(console.rows_by_ref) == len(shop())


async def test_a_lost_cluster_is_told_and_its_rows_stay_with_their_age(console: MemoryConsole) -> None:
    async with open_console(console) as pilot:
        console.clock.advance(130)
        console.publish(ClusterState(DEMO, ConnectionState.LOST, "connection refused", seen_at=NOW, retry_at=NOW + 138))
        await shown(pilot, "◌ lost")
        await settled(pilot)
        lines = screen(pilot)
    assert "demo ◌ lost 2m, retry in 8s" in lines
    assert "seen 2m ago" in lines


async def test_marks_are_counted_and_survive_a_filter(console: MemoryConsole) -> None:
    async with open_console(console) as pilot:
        await press(pilot, "space", "space")
        await press(pilot, "slash")
        await typed(pilot, "web")
        assert "2 marked" in await press(pilot, "enter")


async def test_a_command_goes_to_a_kind_a_namespace_and_a_filter_at_once(console: MemoryConsole) -> None:
    async with open_console(console) as pilot:
        await press(pilot, "colon")
        await typed(pilot, "pod shop app=web")
        seen = await press(pilot, "enter")
        assert "web-6f7b9c-aaaaa" in seen
        assert "mailer" not in seen
        assert "2 of 7" in seen.splitlines()[1]
        await press(pilot, "colon")
        await typed(pilot, "nonsense")
        await press(pilot, "enter")
        assert any("nonsense" in message[2] for message in pilot.app.messages)


async def test_contexts_say_which_cannot_be_used_and_why(console: MemoryConsole) -> None:
    async with open_console(console, (120, 24)) as pilot:
        await press(pilot, "colon")
        await typed(pilot, "ctx")
        assert "the certificate has expired" in await press(pilot, "enter")


async def test_a_terminal_too_small_says_so_in_a_sentence(console: MemoryConsole) -> None:
    async with open_console(console, (20, 5)) as pilot:
        assert "20×5 is too small" in " ".join(screen(pilot).split())


async def test_the_tools_pane_says_how_each_attached_server_is_as_soon_as_it_is_another(console: MemoryConsole) -> None:
    console.servers = [AttachedServerStatus("files", "stdio", AttachedServerState.READY, NOW, 3)]
    async with open_console(console, size=(120, 24)) as pilot:
        assert "● files" in (await press(pilot, "f3")).splitlines()[1]
        console.servers = [AttachedServerStatus("files", "stdio", AttachedServerState.LOST, NOW, 3, ("files__read",), "exit code 7")]
        console.publish(AttachedServerChanged("files", "lost"))
        await settled(pilot, 6)
        assert "◌ files 1 held lost: exit code 7" in screen(pilot).splitlines()[1]


@pytest.mark.parametrize(("key", "words"), [("f3", "k8s_list_pods"), ("f4", "llm.model"), ("f5", "cache hits")])
async def test_each_pane_is_one_key_away(console: MemoryConsole, key: str, words: str) -> None:
    async with open_console(console, (120, 30)) as pilot:
        assert words in await press(pilot, key)
        assert "NAME" in await press(pilot, "f2")


async def test_a_tool_runs_from_its_form_and_shows_how_old_its_answer_is(console: MemoryConsole) -> None:
    async with open_console(console, (120, 30)) as pilot:
        await press(pilot, "f3", "enter")
        await typed(pilot, "shop")
        await press(pilot, "enter")
        await shown(pilot, "done in 12 ms")
        assert ("k8s_list_pods", {"namespace": "shop"}) in console.calls
        assert "done in 12 ms, live, seen 0s ago" in screen(pilot)


async def test_a_form_offers_the_rest_of_what_is_typed_and_the_right_arrow_takes_it(console: MemoryConsole) -> None:
    async with open_console(console, (120, 30)) as pilot:
        await press(pilot, "f3", "enter")
        await typed(pilot, "sho")
        await shown(pilot, "shop")
        await press(pilot, "right", "enter")
        await wait_until(lambda: ("k8s_list_pods", {"namespace": "shop"}) in console.calls)


async def test_the_chat_answers_with_evidence_and_age_and_names_what_it_does_not_understand(console: MemoryConsole) -> None:
    async with open_console(console, (120, 30)) as pilot:
        await press(pilot, "f4")
        await typed(pilot, "pods in shop that are not running")
        seen = await press(pilot, "enter")
        assert "4 pods in shop with status!=Running (as of 0s ago)" in seen
        assert "checkout-7d9c4b8f5-2kx9p" in seen
        await typed(pilot, "sing me a song about pods")
        assert "I do not understand: sing song about" in await press(pilot, "enter")


async def test_the_chat_ends_a_word_that_is_being_typed_and_keeps_the_question(console: MemoryConsole) -> None:
    async with open_console(console) as pilot:
        await press(pilot, "f4")
        assert "pods in shop" in await typed(pilot, "pods in sh"), "in grey"
        await press(pilot, "right")
        assert pilot.app.screen.query_one("#ask").value == "pods in shop"


async def test_hints_are_shown_once_and_never_again(console: MemoryConsole, tmp_path: Any) -> None:
    marker = tmp_path / "data" / "hints"
    async with open_console(console, hints=marker) as pilot:
        assert len(pilot.app.messages) == 3
    async with open_console(console, hints=marker) as pilot:
        assert pilot.app.messages == []


async def test_what_is_typed_right_behind_the_colon_belongs_to_the_command(console: MemoryConsole) -> None:
    async with open_console(console) as pilot:
        for key in ("colon", *"deployments", "enter"):
            pilot.app.simulate_key(key)
        await wait_until(lambda: screen(pilot).splitlines()[1].split()[0] == "deployments")


async def test_a_colon_in_the_chat_is_a_character(console: MemoryConsole) -> None:
    async with open_console(console) as pilot:
        await press(pilot, "f4", "colon", "slash")
        assert pilot.app.screen.query_one("#ask").value == ":/"


async def test_a_console_that_opens_late_shows_its_rows_once_it_is_open(console: MemoryConsole) -> None:
    console.is_open = False
    async with open_console(console) as pilot:
        assert "checkout" in screen(pilot)


async def test_a_console_that_cannot_open_says_why(console: MemoryConsole, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail() -> None:
        raise ConfigurationError("no context chosen", "the kubeconfig has no current context", "--context demo")

    monkeypatch.setattr(console.clusters, "selected", fail)
    async with open_console(console) as pilot:
        assert "no context chosen — the kubeconfig has no current context" in screen(pilot)


async def test_a_long_change_is_folded_and_v_shows_all_of_it(console: MemoryConsole) -> None:
    change = "\n".join(f"data.key-{number}: + value" for number in range(5_000))
    dangers = ("init container x: privileged: true",)
    question = Question(
        "r1", "Patch an object in demo", "t", {}, ("Pod shop/web",), (), change, "none", subject=("pods", "1 object"), dangers=dangers
    )
    async with open_console(console) as pilot:
        asked = asyncio.create_task(console.events.ask(question))
        seen = await shown(pilot, "View all 5,000 lines")
        assert seen.index("pods · 1 object") < seen.index("privileged") < seen.index("data.key-0")
        assert "data.key-45" not in seen
        assert pilot.app.focused.id == "safe"
        await press(pilot, "v", "end")
        await shown(pilot, "data.key-4999")
        assert pilot.app.focused.id == "safe"
        await press(pilot, "right", "enter")
        assert (await asked).yes


async def test_the_crumb_of_a_custom_kind_names_its_group() -> None:
    kind = ApiResource("cert-manager.io", "v1", "Certificate", "certificates", True)
    assert Location(kind).crumbs[0] == "certificates.cert-manager.io"
    assert Location(next(one for one in BUILTIN if one.name == "deployments.apps")).crumbs[0] == "deployments"


async def test_a_word_for_kinds_of_two_groups_opens_the_first_and_names_the_others(console: MemoryConsole) -> None:
    console.clusters.shared = [ApiResource("x.io", "v1", "Service", "services", True)]
    async with open_console(console) as pilot:
        await press(pilot, "colon")
        await typed(pilot, "svc")
        await press(pilot, "enter")
        await shown(pilot, "the same name is also in :services.x.io")
