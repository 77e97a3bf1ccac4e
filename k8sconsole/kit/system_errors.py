"""Why the operating system refused something, and what a person can type about it: the one place that reads error numbers."""

import errno
import os
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

OUT_OF_FILES = frozenset({errno.EMFILE, errno.ENFILE})
_FIRST_FREE_PORT = 1024
_UNRESOLVED = "getent hosts NAME; a lost VPN or a wrong name answers so"
"""For the negative codes of name resolution."""
_PORT = re.compile(r"\('[^']*', (\d+)")


class _Subject(NamedTuple):
    """path, port: what the operation was about; empty and 0 where it was about neither."""

    path: str
    port: int

    @property
    def quoted(self) -> str:
        return shlex.quote(self.path) if self.path else "."

    @property
    def folder(self) -> str:
        """The nearest folder that exists, to look at."""
        existing = next((str(one) for one in (Path(self.path), *Path(self.path).parents) if one.is_dir()), "/")
        return shlex.quote(existing)


def explain_os_error(error: OSError, path: str | Path = "", port: int = 0) -> tuple[str, str]:
    """Returns the reason in the system's words, and a remedy. path, port: of the operation, where the error does not name them itself."""
    named = error.filename if isinstance(error.filename, str | Path) else ""
    found = _PORT.search(str(error))
    subject = _Subject(str(path or named), port or (int(found[1]) if found else 0))
    code = error.errno or 0
    words = os.strerror(code).lower() if code > 0 else " ".join(str(error.strerror or error).split()).lower()
    about = subject.path or (f"port {subject.port}" if subject.port else "")
    remedy = _UNRESOLVED if code < 0 else _REMEDIES.get(code, _look_at)(subject)
    return (f"{about}: {words}" if about else words or type(error).__name__), remedy


def _look_at(subject: _Subject) -> str:
    return f"ls -ld {subject.quoted}" if subject.path else "k8sconsole doctor"


def _permission(subject: _Subject) -> str:
    if 0 < subject.port < _FIRST_FREE_PORT:
        return "a port of 1024 or above, with --port"
    return f"ls -ld {subject.quoted} {subject.folder}" if subject.path else "ls -l"


def _missing(subject: _Subject) -> str:
    return f"mkdir -p {shlex.quote(str(Path(subject.path).parent))}" if subject.path else "ls -l"


def _say(words: str) -> Callable[[_Subject], str]:
    return lambda subject: words


_REMEDIES: dict[int, Callable[[_Subject], str]] = {
    errno.EADDRINUSE: lambda subject: f"another port with --port, or see what uses it: ss -ltnp 'sport = :{subject.port}'",
    errno.EADDRNOTAVAIL: _say("--host 127.0.0.1, or an address of this machine: ip address"),
    errno.ENOSPC: lambda subject: f"free some space: df -h {subject.folder}; df -i {subject.folder}",
    errno.EDQUOT: lambda subject: f"free some space of your quota: quota -s; du -sh {subject.folder}",
    errno.EFBIG: lambda subject: f"ulimit -f unlimited; ls -l {subject.quoted}",
    errno.EACCES: _permission,
    errno.EPERM: _permission,
    errno.EROFS: lambda subject: f"a folder that can be written; findmnt -T {subject.folder} shows why this one cannot",
    errno.EMFILE: _say("ulimit -n 4096, then the same command"),
    errno.ENFILE: _say("sysctl fs.file-nr, and end a program that holds many files"),
    errno.EIO: lambda subject: f"dmesg | tail; the disk or network file system under {subject.folder} fails",
    errno.ESTALE: lambda subject: f"mount the network file system again: findmnt -T {subject.folder}",
    errno.ENOENT: _missing,
    errno.ENOTDIR: lambda subject: f"a path whose parents are folders; ls -ld {subject.quoted} {subject.folder}",
    errno.EISDIR: lambda subject: (
        f"the name of a file in it: {shlex.quote(subject.path.rstrip('/') + '/NAME') if subject.path else 'FOLDER/NAME'}"
    ),
    errno.EEXIST: lambda subject: f"another name, or look at it: ls -ld {subject.quoted}",
    errno.ELOOP: lambda subject: f"namei -l {subject.quoted}",
    errno.ENAMETOOLONG: _say("a shorter name"),
    errno.ENOMEM: _say("free -m, and end a program that uses much memory"),
    errno.ENOBUFS: _say("free -m, and end a program that holds many connections"),
    errno.EAGAIN: _say("ulimit -u, and end some of your processes"),
    errno.ENOEXEC: lambda subject: f"file {subject.quoted}; it must be a program or begin with #!",
    errno.ETXTBSY: lambda subject: f"wait until it is written: fuser {subject.quoted}",
    errno.ECONNREFUSED: _say("k8sconsole doctor; nothing listens at that address"),
    errno.ECONNRESET: _say("k8sconsole doctor"),
    errno.ETIMEDOUT: _say("k8sconsole doctor; a firewall or a lost VPN answers so"),
    errno.EHOSTUNREACH: _say("ip route; a lost VPN answers so"),
    errno.ENETUNREACH: _say("ip route; a lost VPN answers so"),
}
