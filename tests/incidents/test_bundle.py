"""The bundle: the same items give the same bytes; whatever is flipped, dropped, added or renamed is found and named."""

from __future__ import annotations

import hashlib
import io
import shutil
import subprocess
import tarfile

import pytest
import zstandard

from demarc.incidents.bundle import pack, verify
from demarc.intake.manifest import MANIFEST, SUMS, Item
from demarc.model.errors import DemarcError

ITEMS = [
    Item(path="facts.yaml", data=b"id: x\n", kind="source", says="the description"),
    Item(path="verdict.json", data=b"{}\n", kind="verdict"),
    Item(path="register/teams.yaml", data=b"teams: []\n", kind="register"),
    Item(path="empty", data=b"", kind="events"),
]
MEMBERS = [MANIFEST, SUMS, *sorted(item.path for item in ITEMS)]


def packed(items: list[Item] = ITEMS) -> tuple[bytes, str]:
    out = io.BytesIO()
    root = pack(items, out, made_at="2026-01-01T00:00:00Z", about="x: a case", version="demarc test")
    return out.getvalue(), root


def members(data: bytes) -> dict[str, bytes]:
    plain = zstandard.ZstdDecompressor().stream_reader(io.BytesIO(data)).read()
    with tarfile.open(fileobj=io.BytesIO(plain)) as archive:
        found = {}
        for member in archive:
            source = archive.extractfile(member)
            assert source is not None
            found[member.name] = source.read()
        return found


def repacked(found: list[tuple[str, bytes]]) -> bytes:
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as archive:
        for name, data in found:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return zstandard.ZstdCompressor().compress(plain.getvalue())


def faults(data: bytes, *, root: str = "") -> dict[str, str]:
    return {one.member: one.says for one in verify(io.BytesIO(data), "b.tar.zst", root=root).faults}


def test_a_bundle_is_as_it_was_written_and_says_what_it_holds():
    data, root = packed()
    found = verify(io.BytesIO(data), "b.tar.zst", root=root)
    assert (found.faults, found.root, found.members) == ((), root, len(MEMBERS))
    assert found.manifest is not None
    assert [(one.path, one.kind) for one in found.manifest.members] == sorted((one.path, one.kind) for one in ITEMS)


def test_the_same_items_give_the_same_bytes_in_any_order(tmp_path):
    assert packed() == packed(list(reversed(ITEMS)))
    file = tmp_path / "facts"
    file.write_bytes(b"id: x\n")
    on_disk = [Item(path="facts.yaml", data=file, kind="source", says="the description"), *ITEMS[1:]]
    assert packed(on_disk) == packed()


@pytest.mark.parametrize("name", MEMBERS)
def test_a_flipped_byte_in_any_member_is_found_and_named(name):
    found = members(packed()[0])
    data = found[name] or b"\0"
    for at in range(0, len(data), max(1, len(data) // 9)):
        flipped = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        told = faults(repacked([*{**found, name: flipped}.items()]))
        assert told, (name, at)
        # A flip in the list of digests shows as the member whose line it was, or as the list itself.
        assert name in told or name == SUMS


@pytest.mark.parametrize("name", MEMBERS)
def test_a_dropped_member_is_named(name):
    found = members(packed()[0])
    del found[name]
    assert "missing" in faults(repacked([*found.items()]))[name]


@pytest.mark.parametrize("name", MEMBERS)
def test_a_renamed_member_is_named_under_both_names(name):
    found = members(packed()[0])
    found[f"{name}.bak"] = found.pop(name)
    told = faults(repacked([*found.items()]))
    assert "missing" in told[name]
    assert f"{name}.bak" in told or name in {MANIFEST, SUMS}


def test_an_added_member_is_named():
    found = members(packed()[0])
    assert "added" in faults(repacked([*found.items(), ("more.txt", b"x")]))["more.txt"]


def test_a_member_that_is_there_twice_is_named():
    found = [*members(packed()[0]).items()]
    assert "twice" in faults(repacked([*found, found[-1]]))[found[-1][0]]


def test_a_member_that_is_listed_in_the_digests_but_not_in_the_manifest_is_named():
    found = members(packed()[0])
    found["more.txt"] = b"x"
    found[SUMS] += f"{hashlib.sha256(b'x').hexdigest()}  more.txt\n".encode()
    assert "manifest" in faults(repacked([*found.items()]))["more.txt"]


def test_a_bundle_that_was_rewritten_as_a_whole_shows_only_against_the_noted_root():
    _, root = packed()
    other, _ = packed([*ITEMS[:-1], Item(path="empty", data=b"not empty", kind="events")])
    assert faults(other) == {}
    assert SUMS in faults(other, root=root)


def test_a_link_is_no_member():
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as archive:
        for name, data in members(packed()[0]).items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        link = tarfile.TarInfo("out")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    assert "no plain file" in faults(zstandard.ZstdCompressor().compress(plain.getvalue()))["out"]


def is_refused(data: bytes, *, root: str = "") -> bool:
    """Tell whether a check says of an archive that it is no bundle, or not as it was written."""
    try:
        return bool(verify(io.BytesIO(data), "b.tar.zst", root=root).faults)
    except DemarcError:
        return True


def test_no_flipped_bit_of_the_archive_itself_is_passed_over():
    data, root = packed()
    whole = members(data)
    for at in range(len(data)):
        for bit in range(8):
            flipped = data[:at] + bytes([data[at] ^ (1 << bit)]) + data[at + 1 :]
            assert is_refused(flipped, root=root) or members(flipped) == whole, (at, bit)


def test_what_stands_behind_the_end_is_told():
    data, _ = packed()
    plain = zstandard.ZstdDecompressor().stream_reader(io.BytesIO(data)).read()
    longer = zstandard.ZstdCompressor().compress(plain + b"\0" * 20_480 + b"more")
    assert "behind the end" in faults(longer)[""]


@pytest.mark.parametrize("length", [0, 1, 40, 200])
def test_a_cut_archive_is_no_sound_bundle(length):
    assert is_refused(packed()[0][:length])


@pytest.mark.parametrize("data", [b"", b"hello", b"PK\x03\x04", zstandard.ZstdCompressor().compress(b"hello")])
def test_what_is_no_bundle(data):
    assert is_refused(data)


@pytest.mark.parametrize("path", ["../out", "/etc/x", "a//b", "a/../b", MANIFEST, SUMS, "a\nb"])
def test_paths_that_lead_out_are_not_written(path):
    with pytest.raises(DemarcError):
        packed([Item(path=path, data=b"", kind="source")])


def test_a_path_is_there_once():
    with pytest.raises(DemarcError):
        packed([ITEMS[0], ITEMS[0]])


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="needs sha256sum")
def test_anybody_can_check_it_without_demarc(tmp_path):
    data, root = packed()
    for name, content in members(data).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    done = subprocess.run(["sha256sum", "-c", SUMS], cwd=tmp_path, capture_output=True, check=True)
    assert done.stdout.count(b": OK") == len(MEMBERS) - 1
    assert hashlib.sha256((tmp_path / SUMS).read_bytes()).hexdigest() == root
