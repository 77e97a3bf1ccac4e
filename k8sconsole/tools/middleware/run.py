"""The end of the way: the tool itself."""

from k8sconsole.tools.passage import Passage, Reply


async def run(passage: Passage) -> Reply:
    return await passage.spec.handler(passage.input, passage.context)
