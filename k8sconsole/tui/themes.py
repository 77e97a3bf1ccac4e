"""Themes: a file gives a palette and says which of its colours plays which role. Widgets know roles, never colours.

A file that cannot be used is refused with a sentence; the built-in theme needs no file.
"""

from pathlib import Path

import msgspec
from rich.color import Color, ColorParseError, ColorSystem
from textual.theme import Theme

from k8sconsole.errors import ConfigurationError

BACKGROUND_ROLES = ("surface", "frame", "selected", "past", "production")
"""Roles that lie under text."""
WORDS = ("text", "muted", "accent", "changed")
GLYPHS = ("good", "moving", "warn", "bad", "done", "danger")
ROLES = BACKGROUND_ROLES + WORDS + GLYPHS


class ThemeSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One theme file. roles: role to a name of the palette."""

    title: str
    palette: dict[str, str]
    roles: dict[str, str]
    dark: bool = True

    def colours(self) -> dict[str, str]:
        """Role to ``#rrggbb``."""
        return {role: self.palette[name] for role, name in self.roles.items()}


BUILT_IN = "night"
NIGHT = ThemeSpec(
    title="Night",
    palette={
        "ink": "#11161c", "slate": "#1d2733", "steel": "#2c4257", "plum": "#4a2f63", "wine": "#6b1f2f", "paper": "#dde5ec",
        "fog": "#9aa8b5", "sky": "#7cc4ff", "cream": "#fff2b8", "leaf": "#6fdc8c", "ice": "#7ee0f0", "amber": "#ffca5f",
        "coral": "#ff8080", "signal": "#ff9090",
    },
    roles={
        "surface": "ink", "frame": "slate", "selected": "steel", "past": "plum", "production": "wine", "text": "paper", "muted": "fog",
        "accent": "sky", "changed": "cream", "good": "leaf", "moving": "ice", "warn": "amber", "bad": "coral", "done": "fog",
        "danger": "signal",
    },
)  # fmt: skip


def read_theme(path: Path) -> ThemeSpec:
    """Raises ConfigurationError, naming the file and what is wrong in it."""
    import yaml

    try:
        look = msgspec.convert(yaml.safe_load(path.read_text(encoding="utf-8")), ThemeSpec)
        colours = look.colours()
        for role in ROLES:
            Color.parse(colours[role])
    except (OSError, UnicodeDecodeError, yaml.YAMLError, msgspec.ValidationError, ColorParseError) as cause:
        raise ConfigurationError(f"theme {path.name}", " ".join(str(cause).split()), "compare it with another file in themes/") from cause
    except KeyError as cause:
        raise ConfigurationError(f"theme {path.name}", f"{cause} is not given", f"give all of: {' '.join(ROLES)}") from cause
    return look


def theme_files(folder: Path) -> dict[str, Path]:
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))} if folder.is_dir() else {}


def load_theme(name: str, folder: Path) -> ThemeSpec:
    """Raises ConfigurationError when there is no such theme or its file cannot be used."""
    files = theme_files(folder)
    if name in files:
        return read_theme(files[name])
    if name == BUILT_IN:
        return NIGHT
    known = ", ".join(sorted({BUILT_IN, *files}))
    raise ConfigurationError(f"theme {name}", "there is no such theme", f"one of: {known}")


def build_textual_theme(name: str, look: ThemeSpec) -> Theme:
    colour = look.colours()
    return Theme(
        name=name, primary=colour["accent"], secondary=colour["moving"], accent=colour["accent"], warning=colour["warn"],
        error=colour["bad"], success=colour["good"], foreground=colour["text"], background=colour["surface"], surface=colour["surface"],
        panel=colour["frame"], boost=colour["selected"], dark=look.dark, variables=build_css_variables(look),
    )  # fmt: skip


def build_css_variables(look: ThemeSpec) -> dict[str, str]:
    colour = look.colours()
    own = {f"role-{role}": value for role, value in colour.items()}
    accent, selected, surface, text = (colour[role] for role in ("accent", "selected", "surface", "text"))
    scrollbar = {"scrollbar": selected, "scrollbar-hover": accent, "scrollbar-active": accent, "scrollbar-corner-color": surface}
    grounds = dict.fromkeys(("scrollbar-background", "scrollbar-background-hover", "scrollbar-background-active"), surface)
    cursors = {
        "input-cursor-background": accent,
        "input-cursor-foreground": surface,
        "block-cursor-background": selected,
        "block-cursor-foreground": text,
    }
    return own | scrollbar | grounds | cursors | {"border": accent}


def contrast(one: str, other: str, *, eight_bit: bool = False) -> float:
    """WCAG contrast of two colours, from 1 to 21; eight_bit: as a terminal of 256 colours shows them."""
    first, second = sorted((_luminance(one, eight_bit), _luminance(other, eight_bit)), reverse=True)
    return (first + 0.05) / (second + 0.05)


def _luminance(colour: str, eight_bit: bool) -> float:
    parsed = Color.parse(colour)
    triplet = (parsed.downgrade(ColorSystem.EIGHT_BIT) if eight_bit else parsed).get_truecolor()
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in (part / 255 for part in triplet)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
