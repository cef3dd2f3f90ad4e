"""Packed streams give what was packed, however it is read, and say when they are cut."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
from collections.abc import Callable

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from demarc.intake.limits import Limits
from demarc.intake.streams import Budget, DamagedError, Stream, packing, unpacked

PACK: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": zstandard.compress,
}


def read_all(data: bytes, size: int) -> bytes:
    stream = Stream(io.BytesIO(data))
    inner = unpacked(stream, packing(stream.peek(512)), Budget(Limits()))
    parts = []
    while part := inner.read(size):
        assert len(part) <= size
        parts.append(part)
    return b"".join(parts)


@pytest.mark.parametrize("name", PACK)
@settings(deadline=None)
@given(
    members=st.lists(st.tuples(st.binary(max_size=40), st.integers(1, 90_000)), min_size=1, max_size=4), data=st.data()
)
def test_members_behind_each_other_give_their_content_at_any_pace(name, members, data):
    contents = [piece * times for piece, times in members]
    size = data.draw(st.sampled_from([1_000, 65_536, 2**20]))
    assert read_all(b"".join(PACK[name](content) for content in contents), size) == b"".join(contents)


def test_zeros_behind_a_gzip_member_are_padding():
    assert read_all(gzip.compress(b"one") + b"\0" * 700_000 + gzip.compress(b"two") + b"\0", 100) == b"onetwo"


@pytest.mark.parametrize("name", PACK)
def test_what_is_cut_says_so(name):
    packed = PACK[name](bytes(range(256)) * 4000)
    with pytest.raises(DamagedError):
        read_all(packed[: len(packed) // 2], 1000)


@pytest.mark.parametrize("checksum", [False, True])
def test_a_zstd_frame_that_is_cut_anywhere_says_so(checksum):
    packed = zstandard.ZstdCompressor(write_checksum=checksum).compress(b"abc" * 9)
    empty, skipped = b"\x28\xb5\x2f\xfd\x20\0\x01\0\0", b"\x50\x2a\x4d\x18\x02\0\0\0xy"
    assert read_all(empty + skipped + packed, 10) == b"abc" * 9
    for cut in range(1, len(skipped + packed) - 1):
        if cut != len(packed):
            with pytest.raises(DamagedError):
                read_all((empty + skipped + packed)[:-cut], 10)


def test_rubbish_behind_a_gzip_member_says_so():
    with pytest.raises(DamagedError):
        read_all(gzip.compress(b"one") + b"rubbish", 100)
