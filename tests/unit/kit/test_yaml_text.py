"""YAML as kubectl writes it."""

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from k8sconsole.kit.text import has_control
from k8sconsole.kit.yaml_text import format_yaml

SCRIPT = "#!/bin/sh\nset -e\n\techo 'fünf'   # 🚀\nexit 0\n"
LONG = "word " * 5_000 + "end"
TEXTS = st.text(st.characters(codec="utf-8"), max_size=40) | st.text(" \t\n\r\x85\u2028\u202e\ufeff\x9b🚀a:#-'\"\\", max_size=12)
LEAVES = st.none() | st.booleans() | st.integers(-(2**63), 2**63) | TEXTS
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3), max_leaves=8)


def test_a_text_of_several_lines_is_a_block_that_reads_as_the_file_did() -> None:
    assert format_yaml({"run.sh": SCRIPT}) == "run.sh: |\n  #!/bin/sh\n  set -e\n  \techo 'fünf'   # 🚀\n  exit 0\n"


def test_nothing_is_folded_however_long_it_is() -> None:
    assert format_yaml({"text": LONG}) == f"text: {LONG}\n"


@pytest.mark.parametrize(
    "text", ["1e3", "12e45", "0o17", "0x1F", "1_000", "1:30", "y", "N", "on", "", "~", "2026-11-24", "2026-11-24T14:00:00Z", "a\tb"]
)
def test_a_text_that_some_reader_takes_for_something_else_is_in_double_quotes(text: str) -> None:
    assert format_yaml([text]) in (f'- "{text}"\n', '- "a\\tb"\n')


@pytest.mark.parametrize("text", ["1.36.3", "nginx:1.27", "500m", "1Gi", "10.0.0.1", "e3", "web-0"])
def test_a_plain_word_has_no_quotes(text: str) -> None:
    assert format_yaml([text]) == f"- {text}\n"


@pytest.mark.parametrize("end", ["\x85", "\u2028", "\u2029", "\ufeff", "\r"])
def test_a_line_end_that_only_yaml_knows_survives_every_reader(end: str) -> None:
    written = format_yaml({"text": f"a{end}b\nc"})
    assert yaml.safe_load(written) == {"text": f"a{end}b\nc"}
    assert end not in written


def test_what_a_terminal_may_obey_is_an_escape_that_means_the_same() -> None:
    value = {"name\u202e": "a\u2066b\nc\x9b31m\u061c"}
    written = format_yaml(value)
    assert not has_control(written)
    assert "\\u202e" in written
    assert yaml.safe_load(written) == value


def test_without_escapes_a_right_to_left_mark_stays_in_its_block() -> None:
    assert format_yaml({"text": "שלום\u200f\nsecond\n"}, escape=False) == "text: |\n  שלום\u200f\n  second\n"


@given(VALUES, st.booleans())
def test_any_value_reads_back_as_it_was(value: Any, escape: bool) -> None:
    written = format_yaml(value, escape=escape)
    assert yaml.safe_load(written) == yaml.load(written, yaml.CSafeLoader) == value
    if escape:
        assert not has_control(written)
