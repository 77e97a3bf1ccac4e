"""Cutting a stream into lines, however they are spread over its chunks."""

from collections.abc import AsyncGenerator, AsyncIterator


async def batches(chunks: AsyncIterator[bytes], most: int) -> AsyncGenerator[list[bytes]]:
    """The lines that each chunk completes, without their line ends; what is left at the end is a last line. A line longer than ``most``
    bytes comes in pieces of about that size, so that memory stays bounded."""
    held: list[bytes] = []
    size = 0
    async for chunk in chunks:
        *complete, rest = chunk.split(b"\n")
        if complete:
            complete[0] = b"".join((*held, complete[0]))
            held, size = [], 0
        held.append(rest)
        size += len(rest)
        if size >= most:
            complete.append(b"".join(held))
            held, size = [], 0
        if complete:
            yield complete
    if last := b"".join(held):
        yield [last]
