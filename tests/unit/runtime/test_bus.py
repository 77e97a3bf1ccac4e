import asyncio
import threading

from k8sconsole.model.events import Fact, Notice
from k8sconsole.runtime.bus import Bus


async def test_a_fact_from_any_thread_is_delivered_on_the_loop_in_order() -> None:
    bus, heard, threads = Bus(asyncio.get_running_loop()), [], set()

    def listen(fact: Fact) -> None:
        heard.append(fact)
        threads.add(threading.current_thread())

    bus.subscribe(listen)
    sender = threading.Thread(target=lambda: [bus.publish(Notice(str(number))) for number in range(50)])
    sender.start()
    await asyncio.to_thread(sender.join)
    await asyncio.sleep(0.01)
    assert [fact.title for fact in heard] == [str(number) for number in range(50)]
    assert threads == {threading.current_thread()}


async def test_a_listener_that_raises_does_not_keep_the_others_from_hearing() -> None:
    bus, heard = Bus(asyncio.get_running_loop()), []
    bus.subscribe(lambda fact: 1 / 0)
    bus.subscribe(heard.append)
    bus.publish(Notice("x"))
    await asyncio.sleep(0)
    assert heard == [Notice("x")]


async def test_who_has_stopped_listening_hears_nothing_more() -> None:
    bus, heard = Bus(asyncio.get_running_loop()), []
    stop = bus.subscribe(heard.append)
    stop()
    stop()
    bus.publish(Notice("x"))
    await asyncio.sleep(0)
    assert heard == []
