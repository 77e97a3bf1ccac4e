from pathlib import Path

import pytest

from k8sconsole.config import paths
from k8sconsole.errors import ConfigurationError
from k8sconsole.tui.themes import BACKGROUND_ROLES, GLYPHS, NIGHT, WORDS, ThemeSpec, contrast, load_theme, read_theme, theme_files

LOOKS = {"built-in": NIGHT, **{name: read_theme(path) for name, path in theme_files(paths.share_dir("themes")).items()}}


@pytest.mark.parametrize("eight_bit", [False, True], ids=["true colour", "256 colours"])
@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
def test_every_word_and_glyph_can_be_read_on_every_ground(look: ThemeSpec, eight_bit: bool) -> None:
    colour = look.colours()
    for ground in BACKGROUND_ROLES:
        assert contrast(colour["text"], colour[ground], eight_bit=eight_bit) >= 4.5, ground
    for ground in ("surface", "frame"):
        for word in WORDS:
            assert contrast(colour[word], colour[ground], eight_bit=eight_bit) >= 4.5, (word, ground)
    for ground in ("surface", "frame", "selected"):
        for glyph in GLYPHS:
            assert contrast(colour[glyph], colour[ground], eight_bit=eight_bit) >= 3.0, (glyph, ground)


def test_there_is_a_theme_beyond_the_default() -> None:
    assert len(theme_files(paths.share_dir("themes"))) >= 2


def test_the_file_of_the_default_theme_equals_the_built_in_one() -> None:
    assert LOOKS["night"] == NIGHT


def test_a_theme_that_cannot_be_used_is_refused_with_the_role_that_is_missing(tmp_path: Path) -> None:
    (tmp_path / "odd.yaml").write_text("title: Odd\npalette: {a: '#000000'}\nroles: {surface: a}\n")
    with pytest.raises(ConfigurationError, match="'frame' is not given"):
        load_theme("odd", tmp_path)
    (tmp_path / "worse.yaml").write_text("title: [\n")
    with pytest.raises(ConfigurationError, match=r"worse\.yaml"):
        load_theme("worse", tmp_path)


def test_an_unknown_theme_names_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="night"):
        load_theme("nightt", tmp_path)
