"""``k8sconsole tools``: the catalogue, calls, and questions on a terminal."""

import io
import sys

import msgspec
import pytest

from k8sconsole.cli.tools import ask_on_terminal, changed_lines, parse_arguments
from k8sconsole.errors import UsageError
from k8sconsole.model.attached_servers import AttachedServerState, AttachedServerStatus
from k8sconsole.model.tools import Answer, Question
from tests.unit.cli.conftest import CommandLine


def _question(word: str = "") -> Question:
    return Question("r1", "Delete pod web-0", "k8s_delete_pod", {}, ("web-0",), ("its owner makes a new one",), "accepted", "none", word)


def test_the_list_has_every_tool_with_its_toolset_and_risk(scanned: CommandLine) -> None:
    done = scanned.run("tools", "list")
    assert done.out.splitlines()[0].split() == ["TOOL", "TOOLSET", "RISK", "USED", "DOES"]
    assert any(line.startswith("k8s_list_pods") and " read " in line for line in done.out.splitlines())
    assert any(" destructive " in line for line in done.out.splitlines())


def test_the_json_of_an_attached_server_keeps_its_keys() -> None:
    status = AttachedServerStatus("files", "stdio", AttachedServerState.READY, 0.0)
    found = msgspec.to_builtins(status)
    assert list(found) == ["name", "transport", "trust", "since", "tools", "held", "detail"]
    assert found["trust"] == "ready"


def test_the_list_as_json_has_schemas_and_usage(scanned: CommandLine) -> None:
    found = {tool["name"]: tool for tool in scanned.run("tools", "list", "--json").json()}
    assert found["k8s_list_pods"]["input_schema"]["type"] == "object"
    assert "usage" in found["k8s_list_pods"]


def test_one_tool_is_shown_with_its_parameters(scanned: CommandLine) -> None:
    found = scanned.run("tools", "show", "k8s_list_pods").json()
    assert found["annotations"]["readOnlyHint"] is True
    assert "namespace" in found["input_schema"]["properties"]


def test_an_unknown_tool_is_answered_with_the_nearest(scanned: CommandLine) -> None:
    done = scanned.run("tools", "show", "k8s_list_podz")
    assert done.code == 2
    assert "k8s_list_pods" in done.error


def test_a_call_prints_the_text_and_as_json_the_whole_result(scanned: CommandLine) -> None:
    text = scanned.run("tools", "call", "k8s_list_pods", "namespace=shop", "limit=2")
    assert text.code == 0
    assert "pods" in text.out
    found = scanned.run("tools", "call", "k8s_list_pods", "namespace=shop", "limit=2", "--json").json()
    assert len(found["data"]["items"]) == 2
    assert found["freshness"]["source"] == "cache"


def test_without_a_terminal_a_change_is_refused_with_exit_code_4(scanned: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    name = scanned.run("get", "deploy", "-n", "shop", "-o", "json").json()["items"][0]["metadata"]["name"]
    done = scanned.run("tools", "call", "k8s_scale_resource", "kind=deploy", f"name={name}", "namespace=shop", "replicas=2")
    assert done.code == 4
    assert "no terminal to ask on" in done.error


def test_an_error_as_json_keeps_its_exit_code(scanned: CommandLine) -> None:
    done = scanned.run("tools", "call", "k8s_get_resource", "kind=pods", "name=none", "namespace=shop", "--json")
    assert done.code == 1
    assert '"NotFound"' in done.out


def test_without_attached_servers_the_command_says_how_to_attach_one(scanned: CommandLine) -> None:
    done = scanned.run("tools", "servers")
    assert (done.code, done.out) == (0, "SERVER   BY   STATE   TOOLS   NOTE\n")
    assert "mcp_servers:" in done.err


def test_trusting_a_tool_that_is_not_held_changes_nothing(scanned: CommandLine) -> None:
    done = scanned.run("tools", "trust", "k8s_list_pods", "--yes")
    assert (done.code, "k8s_list_pods is not held" in done.err) == (0, True)


def test_arguments_are_text_unless_they_are_json() -> None:
    found = parse_arguments(["limit=5", "name=web-0", 'fields=["a"]', "live=true", "empty="], '{"context": "demo"}')
    assert found == {"context": "demo", "limit": 5, "name": "web-0", "fields": ["a"], "live": True, "empty": ""}


@pytest.mark.parametrize(("pairs", "json_args"), [(["limit"], ""), (["=5"], ""), ([], "[1]"), ([], "{")])
def test_a_malformed_argument_is_wrong_usage(pairs: list[str], json_args: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_arguments(pairs, json_args)
    assert caught.value.remedy


def test_the_lines_in_which_two_definitions_differ_are_marked() -> None:
    assert changed_lines('{"a":1,"b":2}', '{"a":1,"b":3}') == ['   "a": 1,', '-  "b": 2', '+  "b": 3', " }"]


def test_yes_answers_a_plain_question_but_never_types_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    assert ask_on_terminal(_question(), yes=True).yes
    assert not ask_on_terminal(_question(), yes=False).yes
    assert not ask_on_terminal(_question("web-0"), yes=True).yes


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def _ask(question: Question, answers: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> tuple[Answer, str]:
    monkeypatch.setattr(sys, "stdin", _Terminal(answers))
    answer = ask_on_terminal(question, yes=False)
    shown = capsys.readouterr()
    return answer, shown.err + shown.out


def test_the_prompt_shows_what_is_dangerous_first_and_the_whole_change_on_request(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    change = "\n".join(f"data.key-{number}: + {'v' * 300}" for number in range(500))
    question = msgspec.structs.replace(
        _question(), dry_run=change, dangers=("container c: privileged: true",), subject=("pods", "1 object")
    )
    answer, text = _ask(question, "\n", monkeypatch, capsys)
    assert not answer.yes
    assert text.index("privileged") < text.index("its owner") < text.index("data.key-0")
    assert len(text) <= 16_000
    assert "? shows all 500 lines" in text
    answer, text = _ask(question, "?\ny\n", monkeypatch, capsys)
    assert answer.yes
    assert "data.key-499" in text


@pytest.mark.parametrize(("typed", "yes"), [("web-0\n", True), ("?\nweb-0\n", True), ("y\n", False), ("\n", False)])
def test_the_prompt_for_a_name_takes_nothing_else(
    typed: str, yes: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    question = msgspec.structs.replace(_question("web-0"), dry_run="\n".join(["x" * 400] * 100))
    assert _ask(question, typed, monkeypatch, capsys)[0].yes is yes
