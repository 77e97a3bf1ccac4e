"""Reading an answer by projection: only the fields named by a type are decoded, objects stay as the server sent them."""

import asyncio
from typing import TypeVar

import msgspec

from k8sconsole.cluster.errors import Asked
from k8sconsole.errors import ServerError

T = TypeVar("T")

# Below this the switch to a thread costs more than the decoding.
_WORTH_A_THREAD = 256 * 1024


async def decoded(asked: Asked, body: bytes, kind: type[T]) -> T:
    """Raises ServerError for an answer of another shape, such as a portal's page."""
    try:
        if len(body) < _WORTH_A_THREAD:
            return msgspec.json.decode(body, type=kind)
        return await asyncio.to_thread(msgspec.json.decode, body, type=kind)
    except msgspec.DecodeError as error:
        raise unreadable(asked, error) from error


def unreadable(asked: Asked, error: Exception) -> ServerError:
    return ServerError(
        f"Cannot {asked}", f"the answer is not what the Kubernetes API sends: {error}", "check the server in the kubeconfig", asked.facts()
    )
