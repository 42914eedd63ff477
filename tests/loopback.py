"""An OpenAI-compatible chat server on this machine, for tests.

In a test it runs in a thread of its own, and so survives a client process that the test kills:

    with LoopbackServer(lambda request: "Yes.", faults={2: Fault("rate_limit")}) as server:
        ...
    assert len(server.requests) == 3

As a process (`python tests/loopback.py --port-file PORT --count-file COUNT`) it writes its port to one
file when it is ready, and one JSON line for each request to the other.
"""

import argparse
import asyncio
import contextlib
import importlib.util
import json
import signal
import threading
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, Self

from aiohttp import web

Reply = Callable[[dict[str, Any]], str]
FaultKind = Literal[
    "rate_limit",
    "server_error",
    "malformed",
    "truncated",
    "dropped",
    "content_filter",
    "empty",
    "delay",
    "answer",
    "altered",
    "drip",
]

# What a test may look at. Credentials are never kept.
KEPT_HEADERS = ("content-type", "user-agent", "x-stainless-retry-count", "x-irid")
STATUS = {"rate_limit": 429, "server_error": 500}


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one request.

    Attributes:
        kind: `answer` sends `status`, `headers` and `body` as they stand; `altered` a completion in which `change` was
            made; `drip` a completion byte by byte.
        seconds: The Retry-After of `rate_limit`, the length of `delay`, between the bytes of `drip`.
        status: Of an `answer`.
        headers: Of an `answer`.
        body: Of an `answer`; text is sent as UTF-8.
        change: Path in the completion, such as `choices.0.message.content` -> new value.
        without: Paths that are taken out of the completion.
    """

    kind: FaultKind
    seconds: float = 0.0
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | bytes = ""
    change: Mapping[str, Any] = field(default_factory=dict)
    without: Sequence[str] = ()


@dataclass(frozen=True)
class Request:
    """One request as the server saw it; `status` is None where the connection was dropped."""

    time: float
    path: str
    headers: Mapping[str, str]
    body: dict[str, Any]
    status: int | None


@dataclass
class LoopbackServer:
    """Answer chat completions with `reply(request body)`.

    Request n (from 1) suffers `faults[n]`, else what `choose` says of its body, which is asked once for each request.
    """

    reply: Reply
    latency_s: float = 0.0
    faults: Mapping[int, Fault] = field(default_factory=dict)
    choose: Callable[[dict[str, Any]], Fault | None] = lambda _: None
    record: Callable[[Request], object] | None = None
    requests: list[Request] = field(default_factory=list)
    port: int = 0  # 0 takes a free one

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def environment(self) -> dict[str, str]:
        """What Inspect's OpenAI-compatible provider reads, to be set before a model is made."""
        return {f"LOOPBACK_{self.port}_BASE_URL": self.base_url, f"LOOPBACK_{self.port}_API_KEY": "planted-key"}

    def model(self, name: str) -> str:
        """Inspect's name for a model here; it holds the port, as Inspect keeps clients by name within a process."""
        return f"openai-api/loopback-{self.port}/{name}"

    def __enter__(self) -> Self:
        ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(ready)), name="loopback", daemon=True)
        self._thread.start()
        if not ready.wait(timeout=10):
            raise RuntimeError("the loopback server did not start within 10 s")
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(timeout=10)

    async def _serve(self, ready: threading.Event) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        async with self.listening():
            ready.set()
            await self._stop.wait()

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Listen on 127.0.0.1 while the context is open."""
        app = web.Application(client_max_size=64 * 2**20)
        app.router.add_route("*", "/{path:.*}", self._handle)
        runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", self.port).start()
            self.port = runner.addresses[0][1]
            yield
        finally:
            await runner.cleanup()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        body = json.loads(await request.text() or "{}")
        # Counted on arrival: a client that dies while it waits has made, and paid for, this call.
        known = request.path == "/v1/chat/completions"
        fault = self.faults.get(len(self.requests) + 1) or (self.choose(body) if known else None)
        self._note(request, body, self._status(fault) if known else 404)
        if not known:
            return web.json_response({"error": {"message": f"no such path: {request.path}"}}, status=404)
        await asyncio.sleep(self.latency_s + (fault.seconds if fault and fault.kind == "delay" else 0.0))
        return await self._answer(request, body, fault)

    def _note(self, request: web.Request, body: dict[str, Any], status: int | None) -> None:
        kept = {name: request.headers[name] for name in KEPT_HEADERS if name in request.headers}
        self.requests.append(Request(time.time(), request.path, kept, body, status))
        if self.record is not None:
            self.record(self.requests[-1])

    @staticmethod
    def _status(fault: Fault | None) -> int | None:
        if fault is not None and fault.kind == "dropped":
            return None
        return STATUS.get(fault.kind, fault.status) if fault is not None else 200

    async def _answer(self, request: web.Request, body: dict[str, Any], fault: Fault | None) -> web.StreamResponse:
        kind = fault.kind if fault is not None else None
        if fault is not None and kind in STATUS:
            error = {"error": {"message": f"scripted {kind}", "type": kind, "code": kind}}
            headers = {"Retry-After": f"{fault.seconds:g}"} if kind == "rate_limit" else {}
            return web.json_response(error, status=STATUS[fault.kind], headers=headers)
        if kind == "dropped":
            return drop(request)
        if fault is not None and kind == "answer":
            content = fault.body.encode() if isinstance(fault.body, str) else fault.body
            return web.Response(
                body=content, status=fault.status, headers={"Content-Type": "application/json", **fault.headers}
            )
        text = "" if kind in ("content_filter", "empty") else self.reply(body)
        whole = completion(body, text, "content_filter" if kind == "content_filter" else "stop")
        payload = json.dumps(altered(whole, fault) if fault is not None else whole)
        if kind == "truncated":
            return await truncate(request, payload)
        if fault is not None and kind == "drip":
            return await drip(request, payload, fault.seconds)
        return web.Response(
            text=payload[: len(payload) // 2] if kind == "malformed" else payload, content_type="application/json"
        )


def completion(body: dict[str, Any], text: str, finish_reason: str) -> dict[str, Any]:
    """A chat completion; tokens are counted as words, and the model answers with a dated version of its name."""
    asked, said = len(json.dumps(body.get("messages", [])).split()), len(text.split())
    return {
        "id": "chatcmpl-loopback",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": f"{body.get('model', 'unnamed')}-2026-01-01",
        "system_fingerprint": "fp_loopback",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish_reason}],
        "usage": {"prompt_tokens": asked, "completion_tokens": said, "total_tokens": asked + said},
    }


def altered(whole: dict[str, Any], fault: Fault) -> dict[str, Any]:
    """The completion with what a fault changes in it."""
    for path, value in [*fault.change.items(), *((path, ...) for path in fault.without)]:
        *above, last = [int(part) if part.isdigit() else part for part in path.split(".")]
        place: Any = whole
        for step in above:
            place = place[step]
        if value is ...:
            del place[last]
        else:
            place[last] = value
    return whole


def drop(request: web.Request) -> web.StreamResponse:
    """Close the connection without a byte of an answer."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def truncate(request: web.Request, payload: str) -> web.StreamResponse:
    """Promise the whole payload, send half of it and close."""
    response = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": str(len(payload))})
    await response.prepare(request)
    await response.write(payload[: len(payload) // 2].encode())
    return drop(request)


async def drip(request: web.Request, payload: str, seconds: float) -> web.StreamResponse:
    """Send the payload byte by byte."""
    response = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": str(len(payload))})
    await response.prepare(request)
    for byte in payload.encode():
        await response.write(bytes([byte]))
        await asyncio.sleep(seconds)
    return response


def load_reply(spec: str) -> Reply:
    """The function that `path/to/file.py:name` names."""
    path, _, name = spec.rpartition(":")
    module_spec = importlib.util.spec_from_file_location("loopback_reply", path)
    if module_spec is None or module_spec.loader is None:
        raise ValueError(f"not a Python file: {path!r}")
    module = importlib.util.module_from_spec(module_spec)
    module_spec.loader.exec_module(module)
    reply: Reply = getattr(module, name)
    return reply


async def run(server: LoopbackServer, port_file: Path) -> None:
    async with server.listening():
        # Renamed into place, so that a reader never sees a half-written number.
        draft = port_file.with_suffix(".draft")
        draft.write_text(str(server.port), encoding="utf-8")
        draft.replace(port_file)
        await asyncio.Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser(description="Serve chat completions on 127.0.0.1 until terminated.")
    parser.add_argument("--port-file", type=Path, required=True)
    parser.add_argument("--count-file", type=Path, required=True)
    parser.add_argument("--reply", help="path/to/file.py:function; without it every answer is 'Yes.'")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before each answer")
    arguments = parser.parse_args()
    # Whoever starts this may ignore SIGINT, as `nohup` and background jobs of a shell do; it is then inherited.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with arguments.count_file.open("a", buffering=1, encoding="utf-8") as lines:
        server = LoopbackServer(
            reply=load_reply(arguments.reply) if arguments.reply else lambda _: "Yes.",
            latency_s=arguments.latency,
            record=lambda request: lines.write(json.dumps(asdict(request)) + "\n"),
        )
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(run(server, arguments.port_file))


if __name__ == "__main__":
    main()
