"""A log's members are unpacked within what they state, and held against their checksums."""

import struct
import zipfile

import pytest
import zstandard
from inspect_ai.log import read_eval_log  # which teaches zipfile the compression of logs

from standfast.analysis import archives

assert read_eval_log
LIMITS = {"largest": 2**26, "total": 2**27}
ZSTANDARD = 93


def packed(path, content, method=ZSTANDARD, name="a.json"):
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr(name, content)
    return path


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, ZSTANDARD])
@pytest.mark.parametrize("content", [b"", b"x", b"text " * 40_000])
def test_what_was_packed_comes_out_again(tmp_path, method, content):
    path = packed(tmp_path / "a.eval", content, method)
    assert archives.check(path, **LIMITS, keep=["a.json"]) == {"a.json": content}
    assert list(archives.contents(path, ["a.json", "b.json"])) == [content, None]


def test_a_member_of_several_frames_is_read_to_its_end(tmp_path):
    path = tmp_path / "a.eval"
    pack = zstandard.ZstdCompressor().compress
    rewritten(path, pack(b"one") + pack(b"two"), b"onetwo")
    assert list(archives.contents(path, ["a.json"])) == [b"onetwo"]


def rewritten(path, body, content, *, size=None, method=ZSTANDARD):
    """Write an archive whose one member has this body, and states the length and checksum of `content`."""
    packed(path, body, zipfile.ZIP_STORED)
    data = bytearray(path.read_bytes())
    central = data.rindex(b"PK\1\2")
    stated = struct.pack("<III", zipfile.zlib.crc32(content), len(body), len(content) if size is None else size)
    for start, at in ((0, 14), (central, 16)):
        data[start + at : start + at + 12] = stated
        data[start + at - 6 : start + at - 4] = struct.pack("<H", method)
    path.write_bytes(data)


@pytest.mark.parametrize("streamed", [True, False])
def test_what_unpacks_to_more_than_it_states_is_refused_within_what_it_states(tmp_path, streamed):
    bomb = bytes(2**28)
    pack = zstandard.ZstdCompressor()
    job = pack.compressobj()
    body = job.compress(bomb) + job.flush() if streamed else pack.compress(bomb)
    assert len(body) < 2**16
    rewritten(tmp_path / "a.eval", body, b"x" * 100)
    before = peak()
    with pytest.raises((zipfile.BadZipFile, zstandard.ZstdError)):
        archives.check(tmp_path / "a.eval", **LIMITS)
    assert peak() - before < 2**26


def peak():
    """Bytes that this process ever held."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


@pytest.mark.parametrize(
    ("body", "content", "method"),
    [
        (b"abc", b"abd", zipfile.ZIP_STORED),
        (b"abc", b"abcd", zipfile.ZIP_STORED),
        (zstandard.compress(b"abc"), b"abd", ZSTANDARD),
        (b"no frame", b"no frame", ZSTANDARD),
        (b"abc", b"abc", 12),
    ],
    ids=["checksum", "shorter", "checksum of packed", "no frame", "another method"],
)
def test_a_member_that_is_not_what_it_states_is_refused(tmp_path, body, content, method):
    rewritten(tmp_path / "a.eval", body, content, method=method)
    with pytest.raises((zipfile.BadZipFile, zstandard.ZstdError)):
        archives.check(tmp_path / "a.eval", **LIMITS)


def test_a_member_under_another_name_than_the_directory_says_is_refused(tmp_path):
    path = packed(tmp_path / "a.eval", b"abc", zipfile.ZIP_STORED)
    path.write_bytes(path.read_bytes().replace(b"a.json", b"b.json", 1))
    with pytest.raises(zipfile.BadZipFile, match="not where the archive's directory says"):
        archives.check(path, **LIMITS)


def test_of_two_members_of_one_name_the_later_counts(tmp_path):
    path = packed(tmp_path / "a.eval", b"old")
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(path, "a", ZSTANDARD) as archive:
        archive.writestr("a.json", b"new")
    assert archives.check(path, **LIMITS, keep=["a.json"]) == {"a.json": b"new"}
    assert list(archives.contents(path, ["a.json"])) == [b"new"]
