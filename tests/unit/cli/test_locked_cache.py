"""``k8sconsole get`` while another process holds the cache."""

import sqlite3
import threading

import pytest

from tests.unit.cli.conftest import CommandLine


@pytest.mark.parametrize("begin", ["BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"])
def test_a_wait_for_the_lock_is_announced_once_and_the_answer_follows(own: CommandLine, begin: str) -> None:
    holder = sqlite3.connect(own.cache, isolation_level=None, check_same_thread=False)
    if begin == "BEGIN EXCLUSIVE":
        holder.execute("PRAGMA locking_mode = EXCLUSIVE")
    holder.execute(begin)
    release = threading.Timer(1.4, holder.close)
    release.start()
    done = own.run("get", "deploy", "-n", "shop")
    release.join()
    assert done.code == 0
    assert "NAME" in done.out
    assert done.err.count("waiting for the cache") == 1
    assert str(own.cache) in done.err


def test_a_lock_that_outlasts_the_time_out_names_the_file_and_the_setting(own: CommandLine) -> None:
    holder = sqlite3.connect(own.cache, isolation_level=None)
    holder.execute("PRAGMA locking_mode = EXCLUSIVE")
    holder.execute("BEGIN EXCLUSIVE")
    done = own.run("get", "deploy", "-n", "shop", CACHE_DB_TIMEOUT="0.1")
    holder.close()
    assert done.code == 1
    assert f"the cache {own.cache} is held by another process" in done.error
    assert "CACHE_DB_TIMEOUT" in done.error
