import asyncio
import threading

from k8sconsole.model.events import Fact, Notice
from k8sconsole.runtime.bus import Bus


async def test_a_fact_from_any_thread_is_delivered_on_the_loop_in_order() -> None:
    bus, received, threads = Bus(asyncio.get_running_loop()), [], set()

    def receive(fact: Fact) -> None:
        received.append(fact)
        threads.add(threading.current_thread())

    bus.subscribe(receive)
    sender = threading.Thread(target=lambda: [bus.publish(Notice(str(number))) for number in range(50)])
    sender.start()
    await asyncio.to_thread(sender.join)
    await asyncio.sleep(0.01)
    assert [fact.title for fact in received] == [str(number) for number in range(50)]
    assert threads == {threading.current_thread()}


async def test_a_subscriber_that_raises_does_not_stop_the_others() -> None:
    bus, received = Bus(asyncio.get_running_loop()), []
    bus.subscribe(lambda fact: 1 / 0)
    bus.subscribe(received.append)
    bus.publish(Notice("x"))
    await asyncio.sleep(0)
    assert received == [Notice("x")]


async def test_an_unsubscribed_function_receives_nothing() -> None:
    bus, received = Bus(asyncio.get_running_loop()), []
    stop = bus.subscribe(received.append)
    stop()
    stop()
    bus.publish(Notice("x"))
    await asyncio.sleep(0)
    assert received == []
