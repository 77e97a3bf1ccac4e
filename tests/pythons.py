"""``make pythons``: the same locks, the unit tests and the demo on every other Python that this machine has."""

import glob
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
OLDEST = (3, 11)
BESIDE = os.path.expanduser("~/.pyenv/versions/3.1[1-9]*/bin/python")


def main() -> int:
    failed = [version for version, python in sorted(others().items()) if not proved(version, python)]
    sys.stdout.write(f"failed on: {', '.join(failed)}\n" if failed else "every Python here passes\n")
    return 1 if failed else 0


def others() -> dict[str, str]:
    """Version to interpreter, one a minor version, without the one this runs on."""
    found: dict[str, str] = {}
    for python in [*on_path(), *glob.glob(BESIDE)]:
        version = version_of(python)
        if version and version >= OLDEST and version != sys.version_info[:2]:
            found.setdefault(f"{version[0]}.{version[1]}", python)
    return found


def on_path() -> list[str]:
    return [path for minor in range(11, 20) if (path := shutil.which(f"python3.{minor}"))]


def version_of(python: str) -> tuple[int, int] | None:
    """None for a shim that leads nowhere."""
    done = subprocess.run([python, "-c", "import sys; print(*sys.version_info[:2])"], capture_output=True, text=True, timeout=30)
    parts = done.stdout.split()
    return (int(parts[0]), int(parts[1])) if done.returncode == 0 and len(parts) == 2 else None


def proved(version: str, python: str) -> bool:
    venv = f".cache/python-{version}"
    make = ["make", f"VENV={venv}", f"PYTHON={python}"]
    sys.stdout.write(f"=== Python {version}\n")
    sys.stdout.flush()
    tested = subprocess.run([*make, "test", "ARGS=tests/unit tests/golden tests/architecture/test_environment.py"], cwd=ROOT, check=False)
    shown = subprocess.run([f"{venv}/bin/python", "-m", "k8sconsole", "demo", "--check"], cwd=ROOT, check=False)
    return tested.returncode == 0 and shown.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
