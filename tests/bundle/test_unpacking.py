"""A bundle comes from anyone: what it may hold, and what is refused before a byte of it is trusted."""

import hashlib
import os
import stat
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from standfast import unpacking
from standfast.errors import EvidenceError
from standfast.unpacking import unpack

Change = Callable[[Path], object]


def zipped(tmp_path: Path, *members: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_STORED) -> Path:
    path = tmp_path / "bundle.zip"
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


def unpacked(bundle: Path, tmp_path: Path) -> dict[str, str]:
    into = tmp_path / "into"
    into.mkdir()
    return {entry.path: entry.sha256 for entry in unpack(bundle, into)}


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_zip_file_gives_its_files_and_their_hashes(method: int, tmp_path: Path) -> None:
    bundle = zipped(tmp_path, ("run.json", b"{}"), ("logs/a b.eval", b"x" * 5000), method=method)
    found = unpacked(bundle, tmp_path)
    assert found == {
        "run.json": hashlib.sha256(b"{}").hexdigest(),
        "logs/a b.eval": hashlib.sha256(b"x" * 5000).hexdigest(),
    }
    assert (tmp_path / "into" / "logs" / "a b.eval").read_bytes() == b"x" * 5000


def test_a_folder_gives_the_same_as_its_zip_file(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    (folder / "logs").mkdir(parents=True)
    (folder / "run.json").write_bytes(b"{}")
    (folder / "logs" / "a.eval").write_bytes(b"x")
    (tmp_path / "z").mkdir()
    bundle = zipped(tmp_path, ("run.json", b"{}"), ("logs/a.eval", b"x"))
    assert unpacked(folder, tmp_path) == unpacked(bundle, tmp_path / "z")


OUTSIDE = [
    "../run.json", "logs/../../run.json", "/etc/passwd", "//host/share", "logs//a.eval", "./run.json", "logs/./a.eval",
    "..", "logs/..", "C:/run.json", "C:run.json", "logs\\a.eval", "..\\..\\run.json", "run.json:stream", "con*", "a?b",
    'a"b', "a<b", "a|b", " run.json", "run.json ", "run.json.", "logs/ a.eval", "a/b/c/d/e/f/g.json", "n" * 300,
    "run\u202ejson", "run\u200b.json", "\ufeffrun.json", "run\n.json", "run\x1b[2J.json", "cafe\u0301.json", "run\u2028.json",
]  # fmt: skip


@pytest.mark.parametrize("name", OUTSIDE)
def test_a_place_outside_the_bundle_or_spelled_in_a_roundabout_way_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(EvidenceError):
        unpacked(zipped(tmp_path, (name, b"{}")), tmp_path)
    assert list((tmp_path / "into").rglob("*")) == []
    assert not (tmp_path / "run.json").exists()


@pytest.mark.parametrize("pair", [("run.json", "run.json"), ("run.json", "RUN.json"), ("logs/ß.eval", "logs/ss.eval")])
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_place_that_is_taken_twice_is_refused(pair: tuple[str, str], tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match="twice"):
        unpacked(zipped(tmp_path, *((name, b"{}") for name in pair)), tmp_path)


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFIFO, stat.S_IFSOCK])
def test_a_link_or_device_in_a_zip_file_is_refused(kind: int, tmp_path: Path) -> None:
    info = zipfile.ZipInfo("run.json")
    info.create_system, info.external_attr = 3, (kind | 0o777) << 16
    with pytest.raises(EvidenceError, match="no plain file"):
        unpacked(zipped(tmp_path, (info, b"/etc/passwd")), tmp_path)


def test_a_name_that_readers_spell_differently_is_refused(tmp_path: Path) -> None:
    bundle = zipped(tmp_path, ("runXjson", b"{}"))
    bundle.write_bytes(bundle.read_bytes().replace(b"runXjson", b"run\0json"))
    with pytest.raises(EvidenceError):
        unpacked(bundle, tmp_path)


def _linked(folder: Path) -> None:
    (folder / "link").symlink_to("/etc/passwd")


def _linked_folder(folder: Path) -> None:
    (folder / "logs").symlink_to("/etc")


def _loop(folder: Path) -> None:
    (folder / "loop").symlink_to(folder)


def _pipe(folder: Path) -> None:
    os.mkfifo(folder / "run.pipe")


@pytest.mark.parametrize("change", [_linked, _linked_folder, _loop, _pipe])
def test_a_link_or_special_file_in_a_folder_is_refused(change: Change, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "run.json").write_bytes(b"{}")
    change(folder)
    with pytest.raises(EvidenceError, match="plain file"):
        unpacked(folder, tmp_path)


def test_a_bundle_that_is_a_link_itself_is_refused(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "folder")
    with pytest.raises(EvidenceError, match="link"):
        unpacked(tmp_path / "link", tmp_path)


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "RATIO_FLOOR", 2**20)
    bundle = zipped(tmp_path, ("results.json", b"\0" * 2**24), method=zipfile.ZIP_DEFLATED)
    assert bundle.stat().st_size < 2**15
    with pytest.raises(EvidenceError, match="more than a bundle of its size"):
        unpacked(bundle, tmp_path)
    assert list((tmp_path / "into").iterdir()) == []


def test_a_bomb_that_tells_a_smaller_size_gives_no_more_than_it_tells(tmp_path: Path) -> None:
    bundle = zipped(tmp_path, ("results.json", b"\0" * 2**22), method=zipfile.ZIP_DEFLATED)
    content = bundle.read_bytes()
    bundle.write_bytes(content.replace(struct.pack("<I", 2**22), struct.pack("<I", 10)))
    with pytest.raises(EvidenceError):
        unpacked(bundle, tmp_path)
    assert sum(path.stat().st_size for path in (tmp_path / "into").rglob("*")) <= 10


def test_too_many_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "FILES_LIMIT", 5)
    bundle = zipped(tmp_path, *((f"logs/{i}.eval", b"") for i in range(6)))
    with pytest.raises(EvidenceError, match="6 files"):
        unpacked(bundle, tmp_path)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_packing_that_not_every_reader_knows_is_refused(method: int, tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match="stored or deflate"):
        unpacked(zipped(tmp_path, ("run.json", b"{}"), method=method), tmp_path)


def test_an_encrypted_file_is_refused(tmp_path: Path) -> None:
    bundle = zipped(tmp_path, ("run.json", b"{}"))
    content = bytearray(bundle.read_bytes())
    content[content.index(b"PK\1\2") + 8] |= 1
    bundle.write_bytes(content)
    with pytest.raises(EvidenceError, match="encrypted"):
        unpacked(bundle, tmp_path)


@pytest.mark.parametrize(
    "content", [b"", b"PK", b"not a zip file at all", b"PK\5\6" + b"\xff" * 18, b"\x1f\x8b\x08" + b"\0" * 100]
)
def test_a_file_that_is_no_zip_file_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "bundle.zip").write_bytes(content)
    with pytest.raises(EvidenceError, match=r"bundle\.zip"):
        unpacked(tmp_path / "bundle.zip", tmp_path)


@pytest.mark.parametrize("cut", [0.1, 0.5, 0.9, 0.99])
def test_a_zip_file_that_was_cut_short_is_refused(cut: float, tmp_path: Path) -> None:
    bundle = zipped(tmp_path, ("run.json", os.urandom(3000)), ("logs/a.eval", os.urandom(3000)))
    content = bundle.read_bytes()
    bundle.write_bytes(content[: int(cut * len(content))])
    with pytest.raises(EvidenceError):
        unpacked(bundle, tmp_path)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_byte_that_was_changed_inside_a_zip_file_is_refused(method: int, tmp_path: Path) -> None:
    bundle = zipped(tmp_path, ("run.json", b"some text that packs " * 50), method=method)
    content = bytearray(bundle.read_bytes())
    content[60] ^= 0xFF
    bundle.write_bytes(content)
    with pytest.raises(EvidenceError):
        unpacked(bundle, tmp_path)
