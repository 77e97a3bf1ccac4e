"""What a person reads when the operating system refuses something."""

import errno
import os
import socket
from pathlib import Path

import pytest

from k8sconsole.errors import OutOfFiles, SystemRefusal, refusal_of
from k8sconsole.kit.system_errors import explain_os_error

PATH = "/data/my cache/k8s.db"
REMEDIES = {
    errno.EADDRINUSE: "--port",
    errno.EADDRNOTAVAIL: "--host",
    errno.ENOSPC: "df -h",
    errno.EDQUOT: "quota -s",
    errno.EACCES: "ls -ld '/data/my cache/k8s.db'",
    errno.EPERM: "ls -ld",
    errno.EROFS: "findmnt",
    errno.EMFILE: "ulimit -n",
    errno.ENFILE: "sysctl fs.file-nr",
    errno.EIO: "dmesg",
    errno.ENOENT: "mkdir -p '/data/my cache'",
    errno.ENOTDIR: "ls -ld",
    errno.EISDIR: "NAME",
    errno.ECONNREFUSED: "doctor",
    errno.ETIMEDOUT: "doctor",
    errno.ENOMEM: "free -m",
    errno.EAGAIN: "ulimit -u",
}


@pytest.mark.parametrize("code", REMEDIES, ids=errno.errorcode.get)
def test_a_refusal_names_what_why_and_something_to_type(code: int) -> None:
    problem = refusal_of("the cache cannot be written", OSError(code, os.strerror(code)), path=PATH)
    said = str(problem)
    assert said.startswith(f"the cache cannot be written — {PATH}: {os.strerror(code).lower()} (try: ")
    assert REMEDIES[code] in said
    assert "OSError" not in said
    assert "Errno" not in said
    assert isinstance(problem, OutOfFiles) is (code in (errno.EMFILE, errno.ENFILE))


@pytest.mark.parametrize("code", sorted(errno.errorcode))
def test_no_error_number_is_left_without_a_reason_and_a_remedy(code: int) -> None:
    why, remedy = explain_os_error(OSError(code, os.strerror(code)))
    assert why == os.strerror(code).lower()
    assert remedy


def test_a_real_port_in_use_is_named() -> None:
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
        with pytest.raises(OSError, match="in use") as refused:
            other.bind(("127.0.0.1", port))
    assert str(port) in str(refusal_of("cannot listen", refused.value, port=port))
    assert f"port {port}: address already in use" in str(
        refusal_of("cannot listen", OSError(errno.EADDRINUSE, f"error while attempting to bind on address ('127.0.0.1', {port})"))
    )


def test_a_privileged_port_wants_another_one() -> None:
    assert "1024" in explain_os_error(PermissionError(errno.EACCES, "Permission denied"), port=80)[1]


def test_a_name_that_is_not_resolved_says_so() -> None:
    why, remedy = explain_os_error(socket.gaierror(socket.EAI_NONAME, "Name or service not known"))
    assert why == "name or service not known"
    assert "getent hosts" in remedy


def test_the_path_of_the_error_itself_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as missing:
        (tmp_path / "absent" / "file").read_text()
    problem = refusal_of("cannot read it", missing.value)
    assert isinstance(problem, SystemRefusal)
    assert problem.detail == f"{tmp_path}/absent/file: no such file or directory"
    assert problem.remedy == f"mkdir -p {tmp_path}/absent"
