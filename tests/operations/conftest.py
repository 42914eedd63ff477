"""A run against a loopback server, made once per module; a module's `ITEMS` says of how many items."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from loopback import LoopbackServer
from operating import answer, environment, server, write_suite

from standfast.run import run


@pytest.fixture(scope="module")
def opened() -> Iterator[LoopbackServer]:
    with server() as one:
        yield one


@pytest.fixture(autouse=True)
def found(opened: LoopbackServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the test find the server, which has forgotten the tests before it."""
    for name, value in environment(opened).items():
        monkeypatch.setenv(name, value)
    opened.requests.clear()
    opened.reply, opened.latency_s, opened.choose = answer, 0.0, lambda _: None


@pytest.fixture(scope="module")
def whole(request: pytest.FixtureRequest, opened: LoopbackServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run, which must not be touched."""
    folder = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**environment(opened), "INSPECT_CACHE_DIR": str(folder / "c")}.items():
            patch.setenv(name, value)
        opened.choose = lambda _: None
        return run(write_suite(opened, folder, request.module.ITEMS), out=folder / "run", display="none")


@pytest.fixture
def folder(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "run"))
