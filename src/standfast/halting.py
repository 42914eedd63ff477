"""How a run is stopped: no new call, calls in flight finish, then Inspect is interrupted as by Ctrl-C.

Inspect takes the first SIGINT as a cancelled evaluation, logs what finished and can carry on. A thread waits for the
calls in flight, since the event loop may be busy or a call may hang. The first SIGTERM or SIGINT from outside is met
in the same way; a second one does what it did before.
"""

import asyncio
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Any, Protocol

PATIENCE_SECONDS = 180.0  # how long calls in flight may take before they are given up
QUIET_SECONDS = 0.5  # with nothing in flight, until what was answered is scored and logged
TICK_SECONDS = 0.1
BUSY_SECONDS = 0.05  # an event loop that takes longer to answer has work to do

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Course(Protocol):
    """The course of a run, as far as it matters for its end."""

    stop: Any
    flying: Counter[str]
    parked: int
    moved: float

    def reach(self, kind: Any, reason: str) -> None:
        """Let no further call through."""

    def check_minutes(self) -> None:
        """Stop where the time is over."""


class Halt:
    """Watches one session of a run."""

    def __init__(self, course: Course) -> None:
        self._course = course
        self._loop: asyncio.AbstractEventLoop | None = None
        self._before: dict[signal.Signals, Any] = {}
        self._interrupt: Callable[[], None] = _raise_interrupt
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="standfast budget", daemon=True)

    def watch(self) -> None:
        """Begin."""
        self._thread.start()

    def end(self) -> None:
        """Leave the process as it was."""
        self._ended.set()
        self._thread.join()
        self.release()

    def release(self) -> None:
        """Let go of an event loop that has ended; the next one sets its own handler, unless it finds another."""
        self._loop, self._interrupt = None, _raise_interrupt
        for number, handler in self._before.items():
            # The handler that asyncio had set for its loop went with the loop.
            signal.signal(number, signal.default_int_handler if number is signal.SIGINT else handler)
        self._before = {}

    def attach(self) -> None:
        """Find out how the running evaluation is interrupted; called from its event loop, often."""
        loop = asyncio.get_running_loop()
        if loop is self._loop:
            return
        self._loop = loop
        if threading.current_thread() is not threading.main_thread():
            return
        inner = signal.getsignal(signal.SIGINT)
        self._interrupt = (lambda: inner(signal.SIGINT, None)) if callable(inner) else _raise_interrupt
        for number in SIGNALS:
            self._before.setdefault(number, signal.getsignal(number))
            signal.signal(number, self._on_signal)

    def _on_signal(self, number: int, _: FrameType | None) -> None:
        if self._course.stop is None:
            self._course.reach("stopped", f"stopped by {signal.Signals(number).name}")
            return
        self._interrupt()

    def _watch(self) -> None:
        stopped_at, quiet_since = None, time.monotonic()
        while not self._ended.wait(TICK_SECONDS):
            course, loop, now = self._course, self._loop, time.monotonic()
            course.check_minutes()
            if course.stop is None or loop is None:
                continue
            stopped_at = stopped_at or now
            with suppress(RuntimeError):  # the loop has just ended by itself
                if course.flying.total() or not course.parked or self._is_busy(loop):
                    quiet_since = time.monotonic()
                is_quiet = now - max(quiet_since, course.moved) >= QUIET_SECONDS
                if is_quiet or now - stopped_at >= PATIENCE_SECONDS:
                    loop.call_soon_threadsafe(self._interrupt)
                    return

    def _is_busy(self, loop: asyncio.AbstractEventLoop) -> bool:
        answered = threading.Event()
        loop.call_soon_threadsafe(answered.set)
        return not answered.wait(BUSY_SECONDS)


def _raise_interrupt() -> None:
    raise KeyboardInterrupt
