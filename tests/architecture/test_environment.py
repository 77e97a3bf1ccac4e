"""This program handles kubeconfigs, so what runs at every start of Python here is known by name."""

import site
import sys
from pathlib import Path

EXPECTED = {"_k8sconsole.pth", "_virtualenv.pth", "distutils-precedence.pth"}


def test_the_environment_holds_no_unexpected_pth_file() -> None:
    folders = {Path(folder) for folder in [*site.getsitepackages(), *sys.path] if folder.startswith(sys.prefix)}
    found = {path.name for folder in folders if folder.is_dir() for path in folder.glob("*.pth")}
    assert "_k8sconsole.pth" in found, "the checkout is not installed here, so this test looked at the wrong environment"
    assert found <= EXPECTED


def test_every_direct_dependency_is_pinned_exactly_and_stands_hashed_in_the_lock() -> None:
    import tomllib

    root = Path(__file__).parents[2]
    project = tomllib.loads((root / "pyproject.toml").read_text())
    lock = (root / "requirements.lock").read_text()
    for requirement in project["project"]["dependencies"]:
        assert "==" in requirement, f"{requirement} is not pinned exactly"
        assert f"{requirement} \\\n    --hash=sha256:" in lock, f"{requirement} is not in the lock with its hashes"


def test_what_an_extra_brings_is_pinned_exactly_and_tested_at_that_version() -> None:
    import tomllib

    root = Path(__file__).parents[2]
    project = tomllib.loads((root / "pyproject.toml").read_text())
    lock = (root / "requirements-dev.lock").read_text()
    for requirement in (one for extra in project["project"]["optional-dependencies"].values() for one in extra):
        assert requirement in project["dependency-groups"]["dev"]
        assert f"{requirement} \\\n    --hash=sha256:" in lock, f"{requirement} is not in the lock with its hashes"


def test_the_locks_name_no_index_and_no_machine() -> None:
    root = Path(__file__).parents[2]
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (root / name).read_text()
        assert "://" not in text
        assert "--find-links" not in text
        assert "--index" not in text
