"""Storage that several machines share: a folder that all of them see, or an address such as s3://bucket/run.

A part of a run works in a folder of its own. On a shared file system that is the folder itself. On an object store it
is a scratch folder, whose files are sent up as they change, so that another machine can carry on from there. Replies
lie there in Inspect's cache, which is read by unpickling: whoever may write to the storage may run code on the machines.
"""

import logging
import shutil
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from standfast.errors import RunError, SuiteError
from standfast.folder import locked

SYNC_SECONDS = 2.0  # what was answered since is paid again where a machine is lost
LOCK_SECONDS = 180.0  # how long a lost machine may hold a folder of a network file system; NFS lets go after 90 s
_LOG = logging.getLogger(__name__)
_LEFT_OUT = (".lock",)


def is_remote(storage: str) -> bool:
    """Tell whether a storage is an object store and no folder."""
    return "://" in storage and not storage.startswith("file://")


@contextmanager
def held(storage: str, part: int, owned: Callable[[], bool] = lambda: True) -> Iterator[Path]:
    """Give the folder in which a part works, as the last machine left it.

    Args:
        storage: Folder or address.
        part: Number of the part.
        owned: Tells whether this machine still has the part; nothing is sent up any more once it has not.

    Raises:
        RunError: Another machine holds the folder and does not let go.
        SuiteError: The address needs a package that is not installed.
    """
    if not is_remote(storage):
        folder = Path(storage.removeprefix("file://")) / str(part)
        _await_lock(folder)
        yield folder
        return
    scratch = Path(mkdtemp(prefix="standfast-"))
    folder = scratch / str(part)
    try:
        mirror = Mirror(f"{storage.rstrip('/')}/{part}", folder, owned)
        mirror.down()
        with mirror.kept_up():
            yield folder
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def fetch(storage: str, folder: Path) -> Path:
    """Return a folder that holds the parts in a storage: itself, or a copy without caches in `folder`.

    Raises:
        SuiteError: The address needs a package that is not installed.
    """
    if not is_remote(storage):
        return Path(storage.removeprefix("file://"))
    shutil.rmtree(folder, ignore_errors=True)
    Mirror(storage, folder).down(caches=False)
    return folder


class Mirror:
    """A folder that follows an address, or is followed by it."""

    def __init__(self, address: str, folder: Path, owned: Callable[[], bool] = lambda: True) -> None:
        self._address, self._folder, self._owned = address, folder, owned
        self._fs, self._root = _open(address)
        self._sent: dict[str, tuple[int, int]] = {}
        self._ended = threading.Event()

    def down(self, *, caches: bool = True) -> None:
        """Fetch all files. A log that was sent while it was written is left out: its replies are in the cache."""
        self._folder.mkdir(parents=True, exist_ok=True)
        names = [str(path).removeprefix(f"{self._root}/") for path in self._fs.find(self._root)]
        kept = [name for name in names if caches or "cache" not in Path(name).parts[:-1]]
        places = [self._folder / name for name in kept]
        for place in places:
            place.parent.mkdir(parents=True, exist_ok=True)
        if kept:
            self._fs.get([f"{self._root}/{name}" for name in kept], [str(place) for place in places])
        for place in places:
            if place.suffix == ".eval" and not _is_whole(place):
                place.unlink()

    @contextmanager
    def kept_up(self) -> Iterator[None]:
        """Send files up while this lasts, and once more at its end."""
        self._sent = self._files()
        thread = threading.Thread(target=self._follow, name="standfast storage", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            thread.join()
            if self._owned():
                self.up()

    def up(self) -> None:
        """Send what was changed since the last time, and remove what is gone."""
        now = self._files()
        changed = [name for name, stamp in now.items() if self._sent.get(name) != stamp]
        gone = [name for name in self._sent if name not in now]
        if changed:
            self._fs.put([str(self._folder / name) for name in changed], [f"{self._root}/{name}" for name in changed])
        if gone:
            self._fs.rm([f"{self._root}/{name}" for name in gone])
        self._sent = now

    def _follow(self) -> None:
        while not self._ended.wait(SYNC_SECONDS):
            try:
                if not self._owned():
                    return
                self.up()
            except Exception as error:  # a file that went meanwhile, or a store that is away: the next round sends it
                _LOG.warning("%s: not sent, tried again: %s", self._address, error)

    def _files(self) -> dict[str, tuple[int, int]]:
        found = {}
        for path in sorted(self._folder.rglob("*")):
            if path.name in _LEFT_OUT or path.suffix == ".part":
                continue
            try:
                if path.is_file():
                    stat = path.stat()
                    found[path.relative_to(self._folder).as_posix()] = (stat.st_mtime_ns, stat.st_size)
            except FileNotFoundError:
                continue
        return found


def _open(address: str) -> tuple[Any, str]:
    """Return the file system of an address, and the path in it."""
    try:
        core = import_module("fsspec.core")
        fs, root = core.url_to_fs(address, use_listings_cache=False, skip_instance_cache=True)
    except (
        ImportError,
        ValueError,
    ) as error:  # fsspec's words for an unknown protocol, and for one without its package
        message = f"{address}: cannot be opened ({error}); for s3:// install pip install 'standfast[ray]'"
        raise SuiteError(message) from error
    return fs, str(root).rstrip("/")


def _is_whole(log: Path) -> bool:
    try:
        with zipfile.ZipFile(log) as archive:
            return bool(archive.namelist())
    except (OSError, zipfile.BadZipFile):
        return False


def _await_lock(folder: Path) -> None:
    """Wait until the process that had the folder before has gone."""
    deadline = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            with locked(folder):
                return
        except RunError:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.5)
