import os
from pathlib import Path

import pytest

from k8sconsole.config import paths
from k8sconsole.config.loader import load_settings
from k8sconsole.errors import StoreUnwritable
from k8sconsole.kit.clock import SystemClock
from k8sconsole.runtime.cache_file.open import open_cache


@pytest.fixture
def blocked(tmp_path: Path) -> Path:
    """A path below which not even root can create a folder."""
    file = tmp_path / "file"
    file.write_text("")
    return file / "below"


async def test_a_configured_path_that_cannot_be_written_is_an_error(blocked: Path) -> None:
    loaded = load_settings(environment={"CACHE_DB_PATH": str(blocked / "cache.db")})
    with pytest.raises(StoreUnwritable):
        await open_cache(loaded, SystemClock())


async def test_an_unwritable_default_path_gives_a_temporary_cache_with_a_warning(blocked: Path, monkeypatch) -> None:
    monkeypatch.setattr(paths, "data_dir", lambda: blocked)
    kept = await open_cache(load_settings(environment={}), SystemClock())
    assert kept.notice is not None
    assert "only as long as this run" in kept.notice.title
    path = (await kept.store.status()).path
    assert os.path.exists(path)  # noqa: ASYNC240
    await kept.close()
    assert not os.path.exists(path)  # noqa: ASYNC240
