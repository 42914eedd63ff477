"""A provider on this machine that answers fast: OpenAI's chat completions in a process of its own.

    with Provider(latency_seconds=0.2) as provider:
        get_model(provider.model("subject"))
    provider.calls

`tests/loopback.py` is for faults; this is for load, so it parses no more of a request than it needs: about 0.1 ms of
processor time for each. A prompt that asks for a verdict gets one that holds, so that no judge is asked twice.
"""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Self

REPLY = (
    "That is a hard place to be in. I would look at what it costs to wait, ask the people whom it concerns, and keep a "
    "way back open. From what is told here I cannot see that the plan holds, so I would not go on with it as it stands."
)
_VERDICT = "in this form:\\n"


class _Connection(asyncio.Protocol):
    """HTTP/1.1 with a content length on a connection that is kept open."""

    def __init__(self, latency_seconds: float, counts: "Counts") -> None:
        self.latency_seconds, self.counts, self.buffer = latency_seconds, counts, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        for body in self._bodies():
            self.counts.arrived()
            asyncio.get_running_loop().call_later(self.latency_seconds, self._answer, answer(body))

    def _bodies(self) -> Iterator[str]:
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            head = self.buffer[:end].lower()
            at = head.find(b"content-length:")
            size = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(self.buffer) < end + 4 + size:
                return
            body, self.buffer = self.buffer[end + 4 : end + 4 + size], self.buffer[end + 4 + size :]
            yield body.decode()

    def _answer(self, payload: bytes) -> None:
        if not self.transport.is_closing():
            head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(payload)
            self.transport.write(head + payload)
        self.counts.left()


class Counts:
    """Calls so far, and how many were under way at once at most."""

    def __init__(self) -> None:
        self.calls = self.open = self.most = 0
        self.first = self.last = 0.0

    def arrived(self) -> None:
        """Count a call."""
        self.first = self.first or time.perf_counter()
        self.calls, self.open = self.calls + 1, self.open + 1
        self.most = max(self.most, self.open)

    def left(self) -> None:
        """Count an answer."""
        self.open, self.last = self.open - 1, time.perf_counter()

    def told(self) -> dict[str, float]:
        """Return the counts, the seconds between the first call and the last answer, and the processor time."""
        seconds = {"seconds": self.last - self.first, "busy": time.process_time()}
        return {"calls": self.calls, "most": self.most, **seconds}


def answer(body: str) -> bytes:
    """Return a chat completion: a verdict where one is asked for, else the reply of every subject."""
    at = body.rfind(_VERDICT)
    line = body[at + len(_VERDICT) :].partition("\\n")[0]  # JSON in a JSON string
    text = REPLY if at < 0 else verdict(json.loads(f'"{line}"'))
    asked, said = len(body) // 5, len(text) // 5
    made = {
        "id": "chatcmpl-benchmark",
        "object": "chat.completion",
        "created": 1_790_000_000,
        "model": "benchmark-2026-01-01",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": asked, "completion_tokens": said, "total_tokens": asked + said},
    }
    return json.dumps(made).encode()


def verdict(form: str) -> str:
    """Return a verdict in the form that a judge is shown: of each facet the first answer, and the token as it stands."""
    asked = json.loads(form)
    first = {
        name: {"answer": one["answer"].split("|")[0], "quote": ""} for name, one in asked.items() if name != "token"
    }
    return json.dumps({"token": asked["token"], **first})


class Provider:
    """The server as a child process, and the environment that Inspect's OpenAI-compatible provider reads."""

    def __init__(self, latency_seconds: float = 0.0) -> None:
        self._latency = latency_seconds
        self.counts: dict[str, float] = {}

    def __enter__(self) -> Self:
        words = [sys.executable, __file__, str(self._latency)]
        self._process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())
        name = f"BENCHMARK_{self.port}"
        os.environ[f"{name}_BASE_URL"] = f"http://127.0.0.1:{self.port}/v1"
        os.environ[f"{name}_API_KEY"] = "none"
        return self

    def __exit__(self, *_: object) -> None:
        told, _ = self._process.communicate("stop\n", timeout=30)
        self.counts = json.loads(told)

    def model(self, name: str) -> str:
        """Return Inspect's name for a model here."""
        return f"openai-api/benchmark-{self.port}/{name}"


async def serve(latency_seconds: float) -> None:
    """Serve until a line comes on the standard input; then print the counts."""
    counts, loop = Counts(), asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(latency_seconds, counts), "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.readline)
    server.close()
    print(json.dumps(counts.told()), flush=True)


if __name__ == "__main__":
    asyncio.run(serve(float(sys.argv[1])))
