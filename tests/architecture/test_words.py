"""Plain words: one meaning a name, one home a class, and none of the former private dialect."""

from collections import Counter

import pytest

from tests.architecture import measures
from tests.architecture.measures import LIMITS, PACKAGE, ROOT

SEVERAL_HOMES = {
    # one meaning in several rooms
    "run", "show", "names", "start",
}  # fmt: skip


@pytest.mark.parametrize("folder", [PACKAGE, ROOT / "docs"], ids=["package", "documents"])
def test_the_words_of_the_former_dialect_are_rare(folder: object) -> None:
    """The allowance is for real uses, such as a pod that stands for many."""
    found = measures.banned_words(folder)  # type: ignore[arg-type]
    assert sum(found.values()) <= LIMITS.banned_words, dict(found)


def test_a_public_class_name_has_one_home() -> None:
    assert not {name: homes for name, homes in measures.homes_of_classes().items() if len(homes) > 1}


def test_a_function_name_has_at_most_two_meanings() -> None:
    """Counted within a room: the same name in three modules of one room is likely to mean three things."""
    crowded: dict[str, list[str]] = {}
    for name, homes in measures.homes_of_functions().items():
        rooms = Counter(home.split("/")[1] for home in homes)
        if max(rooms.values()) > LIMITS.meanings and name not in SEVERAL_HOMES:
            crowded[name] = sorted(homes)
    assert not crowded
