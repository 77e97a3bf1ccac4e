"""The open files of this process: sockets, pipes and files share one limit."""

import errno
import os

_ENOUGH = 4096
"""A console with a dozen clusters stays far below it. Programs that are started from here inherit the limit."""
_UNLIMITED = 1 << 20


def raise_descriptor_limit() -> None:
    """Raises the soft limit of open files towards the hard limit, which needs no permission. Many systems start programs with 1024."""
    try:
        import resource
    except ImportError:  # a system without such limits
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _ENOUGH if hard == resource.RLIM_INFINITY else min(_ENOUGH, hard)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    except (OSError, ValueError):
        return  # a sandbox may refuse it; the old limit is then what there is


def descriptor_limit() -> int:
    """How many files this process may have open."""
    try:
        import resource
    except ImportError:
        return _UNLIMITED
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _UNLIMITED if soft == resource.RLIM_INFINITY else min(soft, _UNLIMITED)


def are_descriptors_exhausted() -> bool:
    """Whether no further file can be opened now. Some libraries hide that reason behind another, such as an unknown host."""
    try:
        os.close(os.open(os.devnull, os.O_RDONLY))
    except OSError as error:
        return error.errno in (errno.EMFILE, errno.ENFILE)
    return False
