"""The house has floors; the linter walks them."""

import os
import subprocess
import sys
from pathlib import Path


def test_the_contracts_between_the_floors_are_kept() -> None:
    linter = Path(sys.executable).parent / "lint-imports"
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [linter, "--no-cache"], cwd=root, capture_output=True, text=True, timeout=120, env={**os.environ, "NO_COLOR": "1"}
    )
    assert done.returncode == 0, done.stdout[-3000:]
