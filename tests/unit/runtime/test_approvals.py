import asyncio

from k8sconsole.model.tools import Answer, Question
from k8sconsole.runtime.services.approvals import Approvals


def question(request_id: str = "r1") -> Question:
    return Question(request_id, "Delete 1 pod", "k8s_delete_resource", {})


async def test_without_a_subscriber_the_answer_is_no() -> None:
    answer = await Approvals().ask(question())
    assert not answer.yes


async def test_no_answer_in_time_means_no() -> None:
    approvals = Approvals(answer_within=0.05)
    approvals.subscribe(lambda asked: None)
    assert not (await approvals.ask(question())).yes


async def test_an_answer_reaches_only_its_own_question() -> None:
    approvals = Approvals()
    asked: list[Question] = []
    approvals.subscribe(asked.append)
    first, second = (asyncio.create_task(approvals.ask(question(name))) for name in ("a", "b"))
    await asyncio.sleep(0)
    assert [one.request_id for one in asked] == ["a", "b"]
    assert approvals.answer("b", Answer(True, by="alice"))
    assert (await second).yes
    assert not first.done()
    approvals.answer("a", Answer(False))
    assert not (await first).yes


async def test_a_late_answer_is_rejected() -> None:
    approvals = Approvals(answer_within=0.01)
    approvals.subscribe(lambda asked: None)
    await approvals.ask(question())
    assert not approvals.answer("r1", Answer(True))


async def test_a_cancelled_call_leaves_no_question_behind() -> None:
    approvals = Approvals()
    approvals.subscribe(lambda asked: None)
    task = asyncio.create_task(approvals.ask(question()))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert not approvals.answer("r1", Answer(True))
