"""Every filter in docs/filters.md can be parsed."""

import re
from pathlib import Path

import pytest

from k8sconsole.errors import FilterError
from k8sconsole.model.filters import parse_filter

PAGE = (Path(__file__).parents[3] / "docs/filters.md").read_text()
BLOCK = re.search(r"```\n(.*?)```", PAGE, re.S)
WORDS = {"field", "value", "regex", "KEY", "word"}
SHOWN = [text for text in re.findall(r"`([^`\n]+)`", PAGE) if re.search(r"\w[=<>]\S", text)]


@pytest.mark.parametrize("text", SHOWN)
def test_every_filter_the_page_shows_is_one(text: str) -> None:
    if not WORDS & set(re.findall(r"\w+", text)):
        assert str(parse_filter(text))


def test_the_examples_are_filters_of_the_kinds_they_say() -> None:
    assert BLOCK is not None
    examples = [line.split("  ")[0].strip() for line in BLOCK[1].strip().splitlines()]
    assert len(examples) == 6
    assert all(parse_filter(example).root for example in examples)


def test_the_error_the_page_shows_is_the_error() -> None:
    with pytest.raises(FilterError) as refused:
        parse_filter("age>abc")
    assert f"error: {refused.value}" in PAGE
