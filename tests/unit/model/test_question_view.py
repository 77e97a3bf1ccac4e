"""A question shows what is dangerous first, is bounded at first view, and hides nothing."""

import pytest

from k8sconsole.model.differences import Difference
from k8sconsole.model.question_view import MOST_CHARACTERS, QuestionView, Role, pages, view_question
from k8sconsole.model.tools import Question
from k8sconsole.model.whole_differences import format_whole


def _question(dry_run: str = "", dangers: tuple[str, ...] = (), objects: tuple[str, ...] = ("ConfigMap shop/big",)) -> Question:
    undo, reason = "u" * 3000, "r" * 3000
    return Question(
        "r", "Apply in demo", "t", {}, objects, ("c" * 3000,) * 3, dry_run, undo, "", reason, ("configmaps", "1 object"), dangers
    )


def _size(view: QuestionView) -> int:
    return sum(len(line.words) + 3 for line in view.lines) + 200


@pytest.mark.parametrize(
    "question",
    [
        _question("x" * 1_000_000),
        _question("\n".join(f"data.k{number}: + {'v' * 90}" for number in range(20_000))),
        _question("a: 1 → 2", tuple("command: " + "y" * 900_000 for _ in range(50))),
        _question("a: 1 → 2", tuple(f"privileged {number}" for number in range(5_000))),
        _question("a: 1 → 2", (), tuple("Pod shop/" + "p" * 5_000 + str(number) for number in range(500))),
    ],
    ids=["one long line", "many lines", "long dangers", "many dangers", "many objects"],
)
def test_a_first_view_is_bounded_and_all_that_it_leaves_out_is_in_the_whole_change(question: Question) -> None:
    view = view_question(question)
    assert _size(view) <= MOST_CHARACTERS
    assert view.folded
    whole = "\n".join(view.change)
    shown = "\n".join(line.words for line in view.lines)
    lines = {*view.change, *shown.splitlines()}
    for text in (*question.objects, *question.dangers, *question.dry_run.splitlines()):
        assert text in lines or text in whole or text in shown


def test_the_dangers_stay_first_and_whole_however_large_the_change_is() -> None:
    dangers = ("init container x: privileged: true", "init container x: command: " + "z" * 1_500)
    view = view_question(_question("\n".join("v" * 200 for _ in range(50_000)), dangers))
    roles = [line.role for line in view.lines]
    assert [line.text for line in view.lines if line.role is Role.DANGER] == list(dangers)
    assert roles.index(Role.DANGER) < roles.index(Role.CONSEQUENCE) < roles.index(Role.CHANGE)


def test_a_short_change_is_shown_whole_and_nothing_is_folded() -> None:
    question = _question("spec.replicas: 3 → 2\nspec.paused: + true")
    view = view_question(Question(**{**{name: getattr(question, name) for name in question.__struct_fields__}, "consequences": ()}))
    assert [line.text for line in view.lines if line.role is Role.CHANGE] == question.dry_run.splitlines()
    assert view.folded == 0


def test_pages_hold_every_character_once_and_none_is_too_long() -> None:
    lines = ["short", "l" * 50_000, *(f"line {number}" for number in range(3_000))]
    found = pages(lines)
    assert all(len(page) <= MOST_CHARACTERS for page in found)
    assert "".join(found).replace("\n", "") == "".join(lines)


def test_a_long_text_shows_the_lines_that_changed_and_a_new_one_all_of_them() -> None:
    old = [f"line {number}" for number in range(30_000)]
    new = [*old[:15_000], "-- a comment", *old[15_001:]]
    found = format_whole(Difference("data.config", "\n".join(old), "\n".join(new)))
    assert "  -line 15000" in found
    assert "  +-- a comment" in found
    assert len(found) < 12
    added = format_whole(Difference("spec", new={"containers": [{"command": ["c" * 500]}]}))
    assert any("c" * 500 in line for line in added)
    assert format_whole(Difference("spec.replicas", 2, 3)) == ["spec.replicas: 2 → 3"]
    assert format_whole(Difference("data.x", "a\nb", "a\nc")) == ["data.x:", "    1 lines as before", "  -b", "  +c"]
