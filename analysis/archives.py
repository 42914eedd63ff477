"""An Inspect log as an archive: each member is unpacked within what it states and held against its checksum.

`zipfile` reads the directory. Members are unpacked here, since it unpacks what Zstandard packed without a bound, and
takes three times as long for the many small members of a log.
"""

import os
import zipfile
import zlib
from collections.abc import Collection, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Self
from zipfile import BadZipFile, ZipInfo

import zstandard

from standfast.errors import LogError

_ZSTANDARD = 93  # the number of the method in the format; `zipfile` names it from Python 3.14 on
_HEAD = 30  # bytes of a member's own header, before its name
_MORE = 64  # bytes between name and content that are read with them
_ENCRYPTED, _UTF8 = 0x1, 0x800
_UNKNOWN = -1  # size of a frame that was packed as a stream


class Archive:
    """A log that is open, as a context.

    Attributes:
        members: What its directory lists, in order; of two of one name the later counts, as for `zipfile`.
    """

    def __init__(self, path: Path):
        self._stack = ExitStack()
        with ExitStack() as opening:
            self._file = opening.enter_context(path.open("rb"))
            self.members = opening.enter_context(zipfile.ZipFile(self._file)).infolist()
            self._stack = opening.pop_all()
        self._unzstd = zstandard.ZstdDecompressor()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def read(self, member: ZipInfo) -> bytes:
        """Return the content of a member, which is as long as the directory says and has its checksum.

        Raises:
            BadZipFile: It is another one, or packed in a way that no log is.
        """
        name = member.orig_filename.encode("utf-8" if member.flag_bits & _UTF8 else "cp437")
        start = _HEAD + len(name)
        held = os.pread(self._file.fileno(), start + member.compress_size + _MORE, member.header_offset)
        if held[:4] != b"PK\3\4" or held[_HEAD:start] != name or int.from_bytes(held[26:28], "little") != len(name):
            message = f"{member.filename!r} is not where the archive's directory says"
            raise BadZipFile(message)
        if member.flag_bits & _ENCRYPTED:
            message = f"{member.filename!r} is encrypted"
            raise BadZipFile(message)
        start += int.from_bytes(held[28:30], "little")
        packed = held[start : start + member.compress_size]
        if len(packed) < member.compress_size:  # what stands before it is longer than most
            packed = os.pread(self._file.fileno(), member.compress_size, member.header_offset + start)
        content = self._content(packed, member)
        if len(content) != member.file_size or zlib.crc32(content) != member.CRC:
            message = f"bad checksum or length of {member.filename!r}"
            raise BadZipFile(message)
        return content

    def _content(self, packed: bytes, member: ZipInfo) -> bytes:
        """Unpack at most one byte more than the member should have."""
        size = member.file_size
        if member.compress_type == zipfile.ZIP_STORED:
            return packed
        if member.compress_type == zipfile.ZIP_DEFLATED:
            return zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, size + 1)
        if member.compress_type != _ZSTANDARD:
            message = f"{member.filename!r} is packed by method {member.compress_type}; logs use 0, {zipfile.ZIP_DEFLATED} and {_ZSTANDARD}"
            raise BadZipFile(message)
        if size and zstandard.frame_content_size(packed) in (_UNKNOWN, size):
            content = self._unzstd.decompress(packed, max_output_size=size)
            if len(content) == size:
                return content
        # Inspect splits what is large into several frames, which only a stream reads on.
        with self._unzstd.stream_reader(packed, read_across_frames=True) as stream:
            return stream.read(size + 1)


def check(path: Path, *, largest: int, total: int, keep: Collection[str] = (), alone: bool = False) -> dict[str, bytes]:
    """Unpack every member of a file once.

    Args:
        path: The file.
        largest: Most bytes that one member may unpack to.
        total: Most bytes that all may unpack to.
        keep: Names of members whose content is wanted.
        alone: Whether to unpack these alone, as all were held against their checksums before.

    Returns:
        Name -> content of those that are wanted and there.

    Raises:
        LogError: It would unpack to more than the limits; nothing is unpacked then.
        BadZipFile: It is damaged.
    """
    found = {}
    with Archive(path) as archive:
        most = max((member.file_size for member in archive.members), default=0)
        whole = sum(member.file_size for member in archive.members)
        if most > largest or whole > total:
            message = (
                f"{path}: unpacks to {whole / 2**20:,.0f} MiB, its largest part to {most / 2**20:,.0f} MiB; "
                f"at most {total / 2**20:,.0f} and {largest / 2**20:,.0f} MiB are read"
            )
            raise LogError(message)
        for member in archive.members:
            if alone and member.filename not in keep:
                continue
            content = archive.read(member)
            if member.filename in keep:
                found[member.filename] = content
    return found


def contents(path: Path, names: Collection[str]) -> Iterator[bytes | None]:
    """Yield the content of each member, `None` for one that is not there.

    Raises:
        BadZipFile: One is damaged.
    """
    with Archive(path) as archive:
        members = {member.filename: member for member in archive.members}
        for name in names:
            yield archive.read(members[name]) if name in members else None
