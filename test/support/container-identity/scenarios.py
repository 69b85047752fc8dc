"""Runs the middleware under a plain ASGI harness and prints one JSON object: scenario -> what came out."""

import asyncio
import importlib
import json
import os
import sys
import time

sys.path.insert(0, sys.argv[1])
os.environ.update(MODAL_TASK_ID="ta-1", MODAL_REGION="us-east-1", MODAL_CLOUD_PROVIDER="CLOUD_PROVIDER_AWS")


def fresh():
    """The module with a process state of its own."""
    sys.modules.pop("tripmeter_asgi", None)
    return importlib.import_module("tripmeter_asgi")


async def receive():
    return {"type": "http.request", "body": b"", "more_body": False}


async def call(app, scope=None):
    """One request; returns the messages that reached the server, headers as text."""
    sent = []

    async def send(message):
        sent.append(dict(message))

    error = None
    try:
        await app(scope or {"type": "http", "headers": []}, receive, send)
    except Exception as caught:
        error = repr(caught)
    for message in sent:
        if "headers" in message:
            message["headers"] = [[n.decode(), v.decode()] for n, v in message["headers"]]
        if "body" in message:
            message["body"] = message["body"].decode()
    return {"sent": sent, "error": error}


def json_app(body=b"{}", delay=0.0, length=True):
    async def app(scope, receive, send):
        await asyncio.sleep(delay)
        headers = [(b"content-type", b"application/json")]
        if length:
            headers.append((b"content-length", str(len(body)).encode()))
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return app


async def stream_app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
    scope["head_sent"].set()
    await scope["go_on"].wait()
    await send({"type": "http.response.body", "body": b"data: 1", "more_body": True})
    await send({"type": "http.response.body", "body": b"data: 2"})


async def plain():
    app = fresh().TripmeterMiddleware(json_app(delay=0.03))
    return [await call(app), await call(app)]


async def streaming():
    app = fresh().TripmeterMiddleware(stream_app)
    scope = {"type": "http", "head_sent": asyncio.Event(), "go_on": asyncio.Event()}
    seen_early = []

    async def early_send(message):
        seen_early.append(message["type"])

    task = asyncio.ensure_future(app(scope, receive, early_send))
    await scope["head_sent"].wait()
    early = list(seen_early)
    scope["go_on"].set()
    await task
    scope = {"type": "http", "head_sent": asyncio.Event(), "go_on": asyncio.Event()}
    scope["go_on"].set()
    return {"early": early, "whole": await call(app, scope)}


async def long_body_in_parts():
    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"a", "more_body": True})
        await send({"type": "http.response.body", "body": b"b"})

    return await call(fresh().TripmeterMiddleware(app))


async def fails_before_start():
    async def app(scope, receive, send):
        raise ValueError("mine")

    return await call(fresh().TripmeterMiddleware(app))


async def fails_after_start():
    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        raise ValueError("mine")

    return await call(fresh().TripmeterMiddleware(app))


async def in_flight():
    app = fresh().TripmeterMiddleware(json_app(delay=0.05))
    together = await asyncio.gather(*[call(app) for _ in range(3)])
    return [*together, await call(app)]


async def blocked_loop():
    async def app(scope, receive, send):
        time.sleep(scope["block"])
        await json_app()(scope, receive, send)

    wrapped = fresh().TripmeterMiddleware(app)
    first = asyncio.ensure_future(call(wrapped, {"type": "http", "block": 0.4}))
    await asyncio.sleep(0)

    arrived = asyncio.Event()
    reader, writer = os.pipe()
    os.write(writer, b"x")  # arrives while the loop is blocked, like bytes on a socket
    asyncio.get_running_loop().add_reader(reader, arrived.set)
    await arrived.wait()
    asyncio.get_running_loop().remove_reader(reader)
    await asyncio.sleep(0)
    second = await call(wrapped, {"type": "http", "block": 0})
    await first
    await asyncio.sleep(0.4)
    return [await first, second, await call(wrapped, {"type": "http", "block": 0})]


async def twice():
    module = fresh()
    return await call(module.TripmeterMiddleware(module.TripmeterMiddleware(json_app())))


async def lifespan_and_websocket():
    module = fresh()
    seen = []

    async def app(scope, receive, send):
        seen.append(scope["type"])
        await send({"type": scope["type"] + ".startup.complete"})

    wrapped = module.TripmeterMiddleware(app)
    lifespan = await call(wrapped, {"type": "lifespan"})
    ready = module._process.ready is not None
    websocket = await call(wrapped, {"type": "websocket"})
    return {"seen": seen, "ready": ready, "lifespan": lifespan, "websocket": websocket, "count": module._process.seen}


async def broken_inside():
    module = fresh()
    outcome = {}
    module._process.lock = None
    outcome["entry"] = await call(module.TripmeterMiddleware(json_app()))
    module = fresh()
    module._Visit.headers = lambda self, finished: 1 / 0
    outcome["headers"] = await call(module.TripmeterMiddleware(json_app()))
    module = fresh()
    module._Process._arm = lambda self, loop: 1 / 0
    outcome["ticker"] = await call(module.TripmeterMiddleware(json_app()))
    return outcome


async def hostile_environment():
    os.environ["MODAL_REGION"] = "us\r\nset-cookie: a=b"
    os.environ["MODAL_CLOUD_PROVIDER"] = "é" * 10
    try:
        return await call(fresh().TripmeterMiddleware(json_app()))
    finally:
        os.environ.update(MODAL_REGION="us-east-1", MODAL_CLOUD_PROVIDER="CLOUD_PROVIDER_AWS")


async def outside_modal():
    saved = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("MODAL_")}
    try:
        return await call(fresh().TripmeterMiddleware(json_app()))
    finally:
        os.environ.update(saved)


async def restored_snapshot():
    app = fresh().TripmeterMiddleware(json_app())
    before = await call(app)
    os.environ["MODAL_TASK_ID"] = "ta-2"
    after = [await call(app), await call(app)]
    os.environ["MODAL_TASK_ID"] = "ta-1"
    return [before, *after]


async def speed():
    app = fresh().TripmeterMiddleware(json_app())
    bare = json_app()

    async def send(message):
        pass

    async def cost(target):
        best = float("inf")
        for _ in range(5):
            start = time.perf_counter()
            for _ in range(2000):
                await target({"type": "http"}, receive, send)
            best = min(best, (time.perf_counter() - start) / 2000)
        return best

    return {"microseconds": (await cost(app) - await cost(bare)) * 1e6}


SCENARIOS = [
    plain, streaming, long_body_in_parts, fails_before_start, fails_after_start, in_flight, blocked_loop,
    twice, lifespan_and_websocket, broken_inside, hostile_environment, outside_modal, restored_snapshot, speed,
]  # fmt: skip

print(json.dumps({scenario.__name__: asyncio.run(scenario()) for scenario in SCENARIOS}))
