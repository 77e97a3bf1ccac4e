"""This program handles kubeconfigs, so what runs at every start of Python here is known by name."""

import re
import site
import sys
import tomllib
from pathlib import Path

import yaml
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
EXPECTED = {"_k8sconsole.pth", "_virtualenv.pth", "distutils-precedence.pth"}


def test_the_environment_holds_no_unexpected_pth_file() -> None:
    folders = {Path(folder) for folder in [*site.getsitepackages(), *sys.path] if folder.startswith(sys.prefix)}
    found = {path.name for folder in folders if folder.is_dir() for path in folder.glob("*.pth")}
    assert "_k8sconsole.pth" in found, "the checkout is not installed here, so this test looked at the wrong environment"
    assert found <= EXPECTED


def test_every_direct_dependency_has_a_floor_a_ceiling_and_a_hashed_version_in_the_lock() -> None:
    for requirement in map(Requirement, PROJECT["project"]["dependencies"]):
        assert {specifier.operator for specifier in requirement.specifier} == {">=", "<"}, f"{requirement} needs a floor and a ceiling"
        assert_locked(requirement, "requirements.lock")


def test_what_an_extra_installs_is_tested_at_its_locked_version() -> None:
    for text in (text for extra in PROJECT["project"]["optional-dependencies"].values() for text in extra):
        assert text in PROJECT["dependency-groups"]["dev"]
        assert_locked(Requirement(text), "requirements-dev.lock")


def assert_locked(requirement: Requirement, lock: str) -> None:
    found = re.search(rf"^{re.escape(requirement.name)}==(\S+) \\\n    --hash=sha256:", (ROOT / lock).read_text(), re.M)
    assert found, f"{requirement.name} is not in {lock} with its hashes"
    assert found[1] in requirement.specifier


def test_pre_commit_runs_what_make_lint_runs_and_downloads_nothing() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    recipe = re.search(r"^lint:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(), re.M)
    assert recipe
    assert [repository["repo"] for repository in hooks] == ["local"]
    assert [hook["entry"] for hook in hooks[0]["hooks"]] == recipe[1].replace("\t", "").replace("$(BIN)", ".venv/bin").splitlines()


def test_the_locks_name_no_index_and_no_machine() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text()
        assert "://" not in text
        assert "--find-links" not in text
        assert "--index" not in text
