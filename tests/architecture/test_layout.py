"""Where things live: the rooms keep few modules at their root, and a concept has one home."""

import re

import pytest

from tests.architecture import measures
from tests.architecture.measures import PACKAGE, ROOMS, name_of, sources

ONE_HOME = {
    "label selectors": (r"def (parse|match|format)_selector\w*\(|def \w*matches_labels\w*\(", {"model/selectors.py"}),
    "quantities": (r"def parse_(quantity|cpu|bytes|memory)\(", {"model/quantities.py"}),
    "JSONPath": (r"def \w*(compile|evaluate|parse)_(json_?|column_)path\w*\(|class \w*JsonPath", {"kit/jsonpath/paths.py"}),
    "kinds as written": (r"def (read_kind|parse_kind|split_object)\(", {"model/kind_words.py"}),
    "times as written": (r"def parse_(time|duration|past_time)\(", {"kit/times.py"}),
    "lenient arguments": (r"def lenient_\w*\(|def \w*coerce\w*\(", {"tools/pipeline/arguments.py"}),
    "the nearest name": (r"get_close_matches\(", {"kit/text.py"}),
}
"""A concept, the pattern of its implementation, and the modules that may hold it. The demo is a program of its own; it shares JSONPath."""


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_has_few_modules_and_folders_at_its_root(room: str) -> None:
    (files, folders), (most_files, most_folders) = measures.room_counts(room), ROOMS[room]
    assert files <= most_files
    assert folders <= most_folders


@pytest.mark.parametrize("concept", ONE_HOME)
def test_a_concept_is_implemented_once(concept: str) -> None:
    pattern, homes = ONE_HOME[concept]
    found = {
        path.relative_to(PACKAGE).as_posix()
        for path, text in sources().items()
        if re.search(pattern, text) and not path.is_relative_to(PACKAGE / "demo")
    }
    assert found <= homes


def test_no_module_only_forwards_to_another() -> None:
    """A module that imports and defines nothing has no topic."""
    forwarding = [
        name_of(path)
        for path, tree in measures.trees().items()
        if path.name not in ("__init__.py", "__main__.py")
        and not any(hasattr(node, "body") or "Assign" in type(node).__name__ for node in tree.body)
    ]
    assert not forwarding


def test_a_module_name_is_neither_a_gerund_nor_a_metaphor() -> None:
    """Allowed are the field's own nouns, such as Kubernetes' networking and scaling, and a database's scanning and filtering."""
    allowed = {"scanning", "filtering", "masking", "rolling", "networking", "scaling"}
    gerunds = [name_of(path) for path in measures.modules() if path.stem.rsplit("_", 1)[-1].endswith("ing") and path.stem not in allowed]
    metaphors = [name_of(path) for path in measures.modules() if path.stem in ("desk", "crew", "rooms", "gate", "passage", "fates")]
    assert not gerunds
    assert not metaphors
