"""What all tests share."""

import os
import socket
from itertools import count
from pathlib import Path
from typing import Any

import pytest

# Inspect's display and any provider key of the machine must not touch a test.
os.environ["INSPECT_DISPLAY"] = "none"


_NUMBERS = count()

# Files that take minutes begin first, so that no core waits for them at the end.
LONG = ("test_smoke.py", "test_extremes.py", "test_cli.py", "test_run.py", "test_same_bytes.py", "test_audits.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the files of `LONG` first; the order within a file stays."""
    items.sort(key=lambda item: LONG.index(item.path.name) if item.path.name in LONG else len(LONG))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say how many faults of the catalogue were met; a case counts where all that must be zero was."""
    held = [
        name
        for report in terminalreporter.stats.get("passed", [])
        for name, _ in getattr(report, "user_properties", [])
        if name == "fault" and report.when == "call"
    ]
    if held:
        told = "0 samples lost, 0 asked twice beyond those in flight, 0 counted twice, 0 turned into numbers"
        terminalreporter.write_line(f"{len(held)} faults: {told}")


@pytest.fixture(scope="session")
def data() -> Path:
    """Return the folder of public data sets, or skip."""
    beside = Path(__file__).parents[2] / "shared" / "data"
    folder = Path(os.environ.get("STANDFAST_DATA", beside))
    if not folder.is_dir():
        pytest.skip(f"public data sets are not at {folder}; set STANDFAST_DATA")
    return folder


@pytest.fixture(autouse=True)
def _own_caches(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    # A numbered folder by `mktemp` looks at all those before it; Inspect makes this one when it keeps a reply.
    monkeypatch.setenv("INSPECT_CACHE_DIR", str(tmp_path_factory.getbasetemp() / f"cache-{next(_NUMBERS)}"))


@pytest.fixture(autouse=True)
def no_outside(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Refuse and list every connection and name look-up that leaves this machine."""
    outside: list[Any] = []
    connect, look_up = socket.socket.connect, socket.getaddrinfo

    def guarded_connect(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX and address[0] not in ("127.0.0.1", "::1"):
            outside.append(address)
            raise ConnectionRefusedError(address)
        connect(self, address)

    def guarded_look_up(host: Any, *args: Any, **kwargs: Any) -> Any:
        if host not in (None, "127.0.0.1", "::1", "localhost", b"127.0.0.1"):
            outside.append(host)
            raise socket.gaierror(host)
        return look_up(host, *args, **kwargs)

    monkeypatch.setattr(socket.socket, "connect", guarded_connect)
    monkeypatch.setattr(socket, "getaddrinfo", guarded_look_up)
    return outside
