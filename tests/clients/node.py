"""The TypeScript clients, installed once from npm into the user's cache directory under the hash of their lock file."""

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).parent
LOCK = HERE / "package-lock.json"
INSTALL_WITHIN = 300


class ClientsMissing(Exception):
    """There is no Node.js, or npm cannot install the clients. The text says what to do."""


def install_clients() -> Path:
    """The folder that holds ``node_modules``. Raises ClientsMissing."""
    folder = cache_folder()
    if (folder / "installed").exists():
        return folder
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        raise ClientsMissing("the TypeScript clients need node and npm on the PATH")
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, folder / name)
    command = (npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund")
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=INSTALL_WITHIN)
    if done.returncode:
        raise ClientsMissing(f"npm cannot install the TypeScript clients: {done.stderr[-500:]}")
    _name_inspector(folder / "node_modules" / "@modelcontextprotocol")
    (folder / "installed").touch()
    return folder


def _name_inspector(scope: Path) -> None:
    """Inspector's command line reads its version from the package around it, which is 150 MB of browser console and not installed."""
    version = json.loads((scope / "inspector-cli" / "package.json").read_text())["version"]
    (scope / "package.json").write_text(json.dumps({"name": "@modelcontextprotocol/inspector", "version": version}))


def cache_folder() -> Path:
    """Where the clients of this lock file are kept; it need not exist yet."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "k8sconsole" / "npm" / hashlib.sha256(LOCK.read_bytes()).hexdigest()[:12]
