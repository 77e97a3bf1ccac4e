"""The program's directories: below the checkout when the code runs from one, else the user's own directories."""

from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


@cache
def checkout_root() -> Path | None:
    """The root of the checkout that this code runs from; None when it is installed."""
    root = _PACKAGE.parent
    return root if (root / "pyproject.toml").is_file() and (root / "themes").is_dir() else None


def share_dir(name: str) -> Path:
    """A folder that is shipped with the program: ``themes``, ``data/scenarios``."""
    return (checkout_root() or _PACKAGE / "_share") / name


def data_dir() -> Path:
    """The directory of the cache and of other files that outlive a run. It is not created here."""
    root = checkout_root()
    return root / "data" if root else _user_dir("user_data_path")


def log_dir() -> Path:
    root = checkout_root()
    return root / "logs" if root else _user_dir("user_log_path")


def config_dir() -> Path:
    return _user_dir("user_config_path")


def _user_dir(kind: str) -> Path:
    import platformdirs

    path: Path = getattr(platformdirs, kind)("k8sconsole", appauthor=False)
    return path
