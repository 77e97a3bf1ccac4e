"""Free ports on the loopback address."""

import random
import socket

# Below the range from which systems give ports to outgoing connections (32768 on Linux, 49152 elsewhere): while an API
# server is stopped on purpose, no client's own connection can take its port, and none can connect to itself there.
_CANDIDATES = range(18_000, 32_000)
_ATTEMPTS = 200


def free_ports(count: int) -> list[int]:
    """``count`` different ports that are free now. Raises OSError when the range is exhausted."""
    found: list[int] = []
    for port in random.sample(_CANDIDATES, _ATTEMPTS):
        if len(found) == count:
            return found
        if _free(port):
            found.append(port)
    raise OSError(f"fewer than {count} of {_ATTEMPTS} ports tried are free")


def listening(port: int) -> bool:
    """Whether a server accepts connections on a loopback port."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def _free(port: int) -> bool:
    with socket.socket() as attempt:
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
