"""Lists, watches and logs as they come over the wire, in pieces and of any length."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable

import pytest
from aiohttp import web

from k8sconsole.cluster.live import streams
from k8sconsole.cluster.live.streams import split_lines
from k8sconsole.cluster.port import EventType, LogOptions, Selectors
from k8sconsole.errors import DeadlineExceeded, Gone, NotFound, ServerError, Unreachable
from k8sconsole.model.refs import ApiResource

PODS = ApiResource("", "v1", "Pod", "pods", True)


def streaming(*chunks: bytes, pause: float = 0.0, cut: bool = False, hold: float = 0.0) -> Callable:
    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for chunk in chunks:
            await response.write(chunk)
            await asyncio.sleep(pause)
        await asyncio.sleep(hold)
        if cut:
            assert request.transport
            request.transport.abort()
        return response

    return answer


def event(word: str, **obj: object) -> bytes:
    return json.dumps({"type": word, "object": obj}).encode() + b"\n"


async def test_pages_follow_the_continue_token_and_keep_every_objects_own_bytes(serve: Callable, reach: Callable) -> None:
    asked = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(dict(request.query))
        last = "continue" in request.query
        first = '{"metadata":{"resourceVersion":"7","continue":"t+/=","remainingItemCount":1},"items":[{"a": 1},{"a":2}]}'
        return web.Response(text='{"metadata":{"resourceVersion":"7"},"items":[{"a": 3}]}' if last else first)

    cluster = await reach(await serve({"/api/v1/namespaces/shop/pods": answer}))
    pages = [page async for page in cluster.pages(PODS, namespace="shop", selectors=Selectors("app=web", "spec.nodeName=n1"), limit=2)]
    assert [[bytes(item) for item in page.items] for page in pages] == [[b'{"a": 1}', b'{"a":2}'], [b'{"a": 3}']]
    assert [(page.resource_version, page.continue_token, page.remaining) for page in pages] == [("7", "t+/=", 1), ("7", "", None)]
    assert pages[0].size > 50
    chosen = {"labelSelector": "app=web", "fieldSelector": "spec.nodeName=n1", "limit": "2"}
    assert asked == [chosen, {**chosen, "continue": "t+/="}]


async def test_a_list_without_items_is_an_empty_page(serve: Callable, reach: Callable) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(text='{"metadata":{"resourceVersion":"7"},"items":null}')

    cluster = await reach(await serve({"/api/v1/pods": answer}))
    assert [page.items async for page in cluster.pages(PODS)] == [[]]


async def test_a_page_too_big_for_the_loop_is_decoded_all_the_same(serve: Callable, reach: Callable) -> None:
    body = json.dumps({"metadata": {}, "items": [{"data": "x" * 1000}] * 1000})

    async def answer(request: web.Request) -> web.Response:
        return web.Response(text=body)

    cluster = await reach(await serve({"/api/v1/pods": answer}))
    assert [len(page.items) async for page in cluster.pages(PODS)] == [1000]


async def test_an_expired_continue_token_raises_gone(serve: Callable, reach: Callable) -> None:
    async def answer(request: web.Request) -> web.Response:
        if "continue" in request.query:
            return web.json_response({"kind": "Status", "code": 410, "reason": "Expired", "message": "too old"}, status=410)
        return web.json_response({"metadata": {"continue": "t"}, "items": [{}]})

    pages = (await reach(await serve({"/api/v1/pods": answer}))).pages(PODS)
    assert len((await anext(pages)).items) == 1
    with pytest.raises(Gone, match="too old"):
        await anext(pages)


async def test_events_arrive_whole_however_the_stream_is_cut_into_pieces(serve: Callable, reach: Callable) -> None:
    wire = event("ADDED", n=1, text="é" * 50) + event("MODIFIED", n=2) + b"\n" + event("DELETED", n=3) + event("BOOKMARK", n=4)
    pieces = [wire[at : at + 7] for at in range(0, len(wire), 7)]
    cluster = await reach(await serve({"/api/v1/pods": streaming(*pieces)}))
    events = [found async for found in cluster.watch(PODS, resource_version="1")]
    assert [found.type for found in events] == [EventType.ADDED, EventType.MODIFIED, EventType.DELETED, EventType.BOOKMARK]
    assert json.loads(bytes(events[0].object)) == {"n": 1, "text": "é" * 50}


async def test_an_event_of_many_megabytes_is_one_event(serve: Callable, reach: Callable) -> None:
    cluster = await reach(await serve({"/api/v1/pods": streaming(event("ADDED", data="x" * 8_000_000) + event("ADDED", n=2))}))
    events = [found async for found in cluster.watch(PODS, resource_version="1")]
    assert [len(bytes(found.object)) > 8_000_000 for found in events] == [True, False]


async def test_a_watch_sends_its_parameters_and_requests_bookmarks(serve: Callable, reach: Callable) -> None:
    asked = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(dict(request.query))
        return web.Response()

    cluster = await reach(await serve({"/api/v1/pods": answer}))
    assert [found async for found in cluster.watch(PODS, resource_version="7", timeout=12.5)] == []
    assert [found async for found in cluster.watch(PODS, resource_version="", initial_events=True)] == []
    usual = {"watch": "true", "allowWatchBookmarks": "true"}
    assert asked[0] == {**usual, "resourceVersion": "7", "timeoutSeconds": "12"}
    assert asked[1] == {
        **usual, "resourceVersion": "", "timeoutSeconds": "290", "sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan",
    }  # fmt: skip


async def test_an_error_event_is_raised_as_the_status_it_carries(serve: Callable, reach: Callable) -> None:
    gone = event("ERROR", kind="Status", code=410, reason="Expired", message="too old resource version")
    broken = event("ERROR", kind="Status", code=500, reason="InternalError", message="etcd")
    cluster = await reach(
        await serve({"/api/v1/pods": streaming(event("ADDED", n=1), gone), "/api/v1/namespaces/x/pods": streaming(broken)})
    )
    watch = cluster.watch(PODS, resource_version="1")
    assert (await anext(watch)).type is EventType.ADDED
    with pytest.raises(Gone, match="too old"):
        await anext(watch)
    with pytest.raises(ServerError, match="etcd"):
        await anext(cluster.watch(PODS, namespace="x", resource_version="1"))


async def test_a_watch_on_which_nothing_arrives_at_all_exceeds_its_deadline(serve: Callable, reach: Callable) -> None:
    cluster = await reach(await serve({"/api/v1/pods": streaming(event("ADDED", n=1), hold=3)}))
    watch = cluster.watch(PODS, resource_version="1", idle_timeout=0.2)
    await anext(watch)
    with pytest.raises(DeadlineExceeded):
        await anext(watch)


async def test_a_watch_whose_connection_breaks_is_unreachable_not_ended(serve: Callable, reach: Callable) -> None:
    routes = {"/api/v1/pods": streaming(event("ADDED", n=1), cut=True), "/api/v1/namespaces/x/pods": streaming(event("ADDED", n=1)[:-9])}
    cluster = await reach(await serve(routes))
    for namespace in (None, "x"):
        with pytest.raises(Unreachable):
            assert [found async for found in cluster.watch(PODS, namespace=namespace, resource_version="1")] == []


async def test_leaving_a_watch_closes_its_connection(serve: Callable, reach: Callable) -> None:
    ended = asyncio.Event()

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            for n in range(200):
                await response.write(event("ADDED", n=n))
                await asyncio.sleep(0.02)
        finally:
            ended.set()
        return response

    watch = (await reach(await serve({"/api/v1/pods": answer}))).watch(PODS, resource_version="1")
    await anext(watch)
    await watch.aclose()
    async with asyncio.timeout(2):
        await ended.wait()


async def test_log_lines_come_whole_without_their_ends_and_the_last_needs_none(serve: Callable, reach: Callable) -> None:
    pieces = (b"one\ntw", b"o\r\n", b"\nfour \xff", b"!")
    cluster = await reach(await serve({"/api/v1/namespaces/shop/pods/web/log": streaming(*pieces, pause=0.02)}))
    assert [line async for line in cluster.logs("shop", "web")] == [b"one", b"two", b"", b"four \xff!"]


async def test_a_program_that_never_ends_its_line_is_read_in_bounded_pieces(
    serve: Callable, reach: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "_LONGEST_LOG_LINE", 10_000)
    cluster = await reach(await serve({"/api/v1/namespaces/shop/pods/web/log": streaming(*[b"x" * 1000] * 40, pause=0.001)}))
    lengths = [len(line) async for line in cluster.logs("shop", "web")]
    assert sum(lengths) == 40_000
    assert len(lengths) > 1


async def test_log_options_are_the_servers_own(serve: Callable, reach: Callable) -> None:
    asked = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(dict(request.query))
        return web.Response()

    cluster = await reach(await serve({"/api/v1/namespaces/shop/pods/web/log": answer}))
    options = LogOptions("app", follow=True, previous=True, timestamps=True, since=60, tail=0, limit_bytes=9)
    assert [line async for line in cluster.logs("shop", "web", options)] == []
    flags = {"follow": "true", "previous": "true", "timestamps": "true"}
    assert asked == [{"container": "app", **flags, "sinceSeconds": "60", "tailLines": "0", "limitBytes": "9"}]


async def test_logs_of_a_pod_that_is_not_there_name_it(serve: Callable, reach: Callable) -> None:
    with pytest.raises(NotFound, match="pods/log shop/web"):
        await anext((await reach(await serve({"/other": streaming()}))).logs("shop", "web"))


async def test_lines_are_the_same_however_the_stream_is_chunked() -> None:
    text = b"a\n\nbb\nccc"

    async def cut(size: int) -> AsyncIterator[bytes]:
        for at in range(0, len(text), size):
            yield text[at : at + size]

    for size in range(1, len(text) + 1):
        found = [line async for lines in split_lines(cut(size), 1000) for line in lines]
        assert found == [b"a", b"", b"bb", b"ccc"], size
