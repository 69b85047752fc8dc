"""Says, in response headers, which container answered and what it cost to start it.

    app.add_middleware(TripmeterMiddleware)             # FastAPI, Starlette
    return TripmeterMiddleware(app)                     # under @modal.asgi_app()
    vllm serve ... --middleware tripmeter_asgi.TripmeterMiddleware

Standard library only, Python 3.8 or newer. It changes no status, no body and no header of the application, and
an error in it never reaches the application. README.md beside this file is the contract of the headers.
"""

import asyncio
import os
import threading
import time

_PREFIX = "x-tripmeter-container-"
_TICK_SECONDS = 0.05
_LAG_IS_FRESH_NS = 250_000_000
_MARK = "tripmeter.identity"


def _now():
    return time.monotonic_ns()


def _process_start():
    """Monotonic instant at which this process began, or of this import where /proc cannot tell."""
    now = _now()
    try:
        with open("/proc/self/stat") as stat:
            ticks = int(stat.read().rpartition(")")[2].split()[19])
        with open("/proc/uptime") as uptime:
            up_seconds = float(uptime.read().split()[0])
        age_ns = int((up_seconds - ticks / os.sysconf("SC_CLK_TCK")) * 1e9)
        # Sandboxed kernels may answer 0: a process is younger than its machine, and not an hour old at import.
        return now - age_ns if ticks > 0 and 0 <= age_ns < 3_600_000_000_000 else now
    except Exception:
        return now


class _Process:
    """What this process knows of itself; one for all instances of the middleware."""

    def __init__(self):
        self.lock = threading.Lock()
        self.container_id = os.environ.get("MODAL_TASK_ID")
        self.started = _process_start()
        self.built = None
        self.ready = None
        self.restored = False
        self.seen = 0
        self.in_flight = 0
        self.tick_loop = None
        self.tick_due = 0
        self.lag_ns = 0
        self.lag_until = 0

    def mark_built(self):
        if self.built is None:
            self.built = _now()

    def mark_ready(self):
        if self.ready is None:
            self.ready = _now()

    def ready_ns(self):
        """Until start-up was done; without a lifespan, until the application was built."""
        ready = self.ready or self.built
        return None if self.restored or ready is None else ready - self.started

    def renew_if_restored(self):
        """A memory snapshot wakes in another container: what was measured before belongs to no life of it."""
        container_id = os.environ.get("MODAL_TASK_ID")
        if container_id != self.container_id:
            self.container_id = container_id
            self.started = _now()
            self.restored = True
            self.seen = 0

    def tick_soon(self):
        """Watches the event loop while requests run: only they can block it, and an idle one stays asleep."""
        try:
            loop = asyncio.get_running_loop()
            if self.tick_loop is not loop:
                self.tick_loop = loop
                self._arm(loop)
        except Exception:
            self.tick_loop = None

    def _arm(self, loop):
        self.tick_due = _now() + int(_TICK_SECONDS * 1e9)
        loop.call_later(_TICK_SECONDS, self._tick, loop)

    def _tick(self, loop):
        now = _now()
        late = now - self.tick_due
        if late > 1_000_000:
            self.lag_ns, self.lag_until = late, now
        if self.in_flight > 0:
            self._arm(loop)
        else:
            self.tick_loop = None

    def lag_before(self, now):
        """How long the loop was blocked until just now."""
        return self.lag_ns if now - self.lag_until < _LAG_IS_FRESH_NS else 0


_process = _Process()


class _Visit:
    """One request inside this process."""

    def __init__(self, process):
        with process.lock:
            process.renew_if_restored()
            self.entered = _now()
            self.seen = process.seen
            process.seen += 1
            process.in_flight += 1
            self.in_flight = process.in_flight
        self.process = process
        self.entry_ns = process.lag_before(self.entered)
        process.tick_soon()

    def leave(self):
        with self.process.lock:
            self.process.in_flight = max(0, self.process.in_flight - 1)

    def headers(self, finished):
        process = self.process
        values = {
            "id": process.container_id,
            "region": os.environ.get("MODAL_REGION"),
            "cloud": os.environ.get("MODAL_CLOUD_PROVIDER"),
            "age-us": _micros(self.entered - process.started),
            "ready-us": _micros(process.ready_ns()),
            "seen": str(self.seen),
            "in-flight": str(self.in_flight),
            "entry-us": _micros(self.entry_ns),
            "handler-us": _micros(_now() - self.entered if finished else None),
        }
        return [
            ((_PREFIX + name).encode("ascii"), value.encode("ascii"))
            for name, value in values.items()
            if value and _is_plain(value)
        ]


def _micros(nanoseconds):
    return None if nanoseconds is None else str(max(0, nanoseconds) // 1000)


def _is_plain(value):
    """Visible ASCII of a sane length: nothing that could break a header."""
    return len(value) <= 200 and all(33 <= ord(character) <= 126 for character in value)


class _Answer:
    """Adds the headers to the response's start, which waits for a body that is about to follow it."""

    def __init__(self, visit, send):
        self.visit = visit
        self.downstream = send
        self.held = None

    async def send(self, message):
        if message.get("type") == "http.response.start" and _is_whole(message):
            self.held = message
            return
        if message.get("type") == "http.response.start":
            await self.downstream(self._named(message, False))
            return
        whole = message.get("type") == "http.response.body" and not message.get("more_body")
        await self.flush(whole)
        await self.downstream(message)

    async def flush(self, finished=False):
        if self.held is not None:
            held, self.held = self.held, None
            await self.downstream(self._named(held, finished))

    async def flush_quietly(self):
        try:
            await self.flush()
        except Exception:
            pass

    def _named(self, message, finished):
        try:
            headers = [*(message.get("headers") or ()), *self.visit.headers(finished)]
            return {**message, "headers": headers}
        except Exception:
            return message


def _is_whole(message):
    """True when the length is known before the body: no stream, so the body follows at once."""
    try:
        names = {bytes(name).lower() for name, _ in message.get("headers") or ()}
        return b"content-length" in names
    except Exception:
        return False


class TripmeterMiddleware:
    """Pure ASGI middleware. Lifespan and websocket scopes pass through."""

    def __init__(self, app):
        self.app = app
        _process.mark_built()

    async def __call__(self, scope, receive, send):
        kind = scope.get("type")
        if kind == "lifespan":
            await self.app(scope, receive, _ready_watch(send))
            return
        visit = _enter(scope) if kind == "http" else None
        if visit is None:
            await self.app(scope, receive, send)
            return
        answer = _Answer(visit, send)
        try:
            await self.app(scope, receive, answer.send)
        except Exception:
            await answer.flush_quietly()
            raise
        else:
            await answer.flush()
        finally:
            visit.leave()


def _enter(scope):
    """None when another instance around this one has the request already, or when something is wrong."""
    try:
        if _MARK in scope:
            return None
        visit = _Visit(_process)
        scope[_MARK] = True
        return visit
    except Exception:
        return None


def _ready_watch(send):
    async def watched(message):
        if message.get("type") == "lifespan.startup.complete":
            _process.mark_ready()
        await send(message)

    return watched
