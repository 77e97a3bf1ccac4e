"""The manual is read by the tests: what it names exists, and what exists is named."""

import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from k8sconsole.cli import COMMANDS
from k8sconsole.config.reference import list_settings
from tests.architecture import quality

ROOT = Path(__file__).parents[2]
DOCS = sorted([*ROOT.glob("docs/*.md"), *ROOT.glob("*.md")])
PACKAGE = ROOT / "k8sconsole"


@pytest.mark.parametrize("entry", list_settings(), ids=lambda entry: entry.key)
def test_every_setting_is_documented_with_its_default_environment_names_and_meaning(entry) -> None:
    lines = (ROOT / "docs/configuration.md").read_text().splitlines()
    line = next((one for one in lines if one.startswith(f"| `{entry.key}` |")), "")
    default = "required" if entry.default is msgspec.UNSET else msgspec.json.encode(entry.default).decode().replace("|", "\\|")
    assert f"`{default}`" in line
    assert entry.meaning, f"{entry.key} has no text under its field"
    assert entry.meaning in line
    assert all(f"`{name}`" in line for name in entry.environment)


def test_the_manual_names_no_setting_that_does_not_exist() -> None:
    named = set(re.findall(r"^\| `([a-z_.\[\]]+)` \|", (ROOT / "docs/configuration.md").read_text(), re.M))
    assert named == {entry.key for entry in list_settings()}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_in_the_readme_and_its_help_has_an_example(command: str) -> None:
    assert f"k8sconsole {command}" in (ROOT / "README.md").read_text()
    done = subprocess.run([sys.executable, "-m", "k8sconsole", command, "--help"], capture_output=True, text=True, timeout=30, check=True)
    assert "xample" in done.stdout or "Commands" in done.stdout


def test_the_docs_name_only_commands_that_exist() -> None:
    """In code only: between backticks, and in indented or fenced lines."""
    for path in DOCS:
        text = path.read_text()
        code = re.findall(r"`([^`\n]+)`", text) + re.findall(r"^```[a-z]*\n(.*?)^```", text, re.M | re.S)
        for word in re.findall(r"(?:^|\s)k8sconsole ([a-z]+)\b", "\n".join(code)):
            assert word in COMMANDS, f"{path.name} names the command {word!r}"


def test_every_link_between_the_docs_leads_somewhere() -> None:
    for path in DOCS:
        for target in re.findall(r"\]\((?!https?://)([^)#\s]+)", path.read_text()):
            assert (path.parent / target).exists(), f"{path.name} links to {target}"


def test_architecture_names_every_package_and_only_paths_that_exist() -> None:
    named = set(re.findall(r"`([a-z_0-9]+(?:/[a-z_0-9]+)*(?:/|\.py))`", (ROOT / "docs/architecture.md").read_text()))
    packages = {f"{path.parent.relative_to(PACKAGE).as_posix()}/" for path in PACKAGE.rglob("__init__.py") if path.parent != PACKAGE}
    assert not packages - named
    assert not {name for name in named if not (PACKAGE / name).exists() and not any(PACKAGE.rglob(name))}


def test_the_page_of_measures_has_a_row_for_every_measure() -> None:
    """The values change with every commit, so only the names are compared."""
    assert quality.read_measures(quality.PAGE.read_text()) == {figure.measure for figure in quality.figures()}
