"""The archive: the same members give the same bytes; whatever is changed, added, dropped or doubled is found."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demarc.intake.manifest import MANIFEST, SUMS, Item
from demarc.model.errors import DemarcError
from demarc.reports.audit.archive import pack, verify
from demarc.reports.audit.members import members, title
from tests.reports.audit.a_pack import a_hostile_content

ITEMS = [
    Item(path="b.csv", data=b"x,y\r\n", kind="table", says="a table"),
    Item(path="a/deep.json", data=b"{}", kind="oscal"),
    Item(path="empty", data=b"", kind="report"),
]


def packed(items=ITEMS):
    out = io.BytesIO()
    root = pack(items, out, made_at="2026-01-01T00:00:00Z", about="of a test", version="demarc test")
    return out.getvalue(), root


def repacked(change):
    """The archive with its members as a function changes them."""
    with zipfile.ZipFile(io.BytesIO(packed()[0])) as archive:
        found = [(name, archive.read(name)) for name in archive.namelist()]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in change(found):
            archive.writestr(name, data)
    return out.getvalue()


def faults(data, root=""):
    return {one.member: one.says for one in verify(io.BytesIO(data), "p.zip", root=root).faults}


def test_the_same_members_give_the_same_bytes_in_any_order():
    data, root = packed()
    assert packed(ITEMS[::-1]) == (data, root)
    found = verify(io.BytesIO(data), "p.zip", root=root)
    assert (found.faults, found.members, found.root) == ((), 5, root)
    assert found.manifest is not None
    assert found.manifest.format == "demarc.audit-pack/1"


def test_what_was_changed_added_dropped_or_doubled_is_named():
    changed = repacked(lambda found: [(name, b"z" if name == "b.csv" else data) for name, data in found])
    assert "was changed" in faults(changed)["b.csv"]
    assert "was added" in faults(repacked(lambda found: [*found, ("new", b"")]))["new"]
    assert "is missing" in faults(repacked(lambda found: [one for one in found if one[0] != "empty"]))["empty"]
    with pytest.warns(UserWarning, match="Duplicate"):
        doubled = repacked(lambda found: [*found, found[-1]])
    assert "is there twice" in faults(doubled).values()
    assert "is no plain file" in faults(repacked(lambda found: [*found, ("folder/", b"")])).values()


def test_a_pack_that_was_written_anew_as_a_whole_is_told_by_the_root_alone():
    data, root = packed([*ITEMS[:2], Item(path="empty", data=b"now it is not", kind="report")])
    assert not faults(data)
    assert "the root digest is" in faults(data, packed()[1])[SUMS]
    assert root != packed()[1]


@given(st.data())
def test_a_flipped_bit_is_never_read_as_as_it_was_written(draw):
    data, root = packed()
    at = draw.draw(st.integers(0, len(data) - 1))
    flipped = data[:at] + bytes([data[at] ^ 1 << draw.draw(st.integers(0, 7))]) + data[at + 1 :]
    try:
        found = verify(io.BytesIO(flipped), "p.zip", root=root)
    except DemarcError:
        return
    if not found.faults:  # then only what says nothing was flipped: a time, a mode, a version
        with zipfile.ZipFile(io.BytesIO(flipped)) as archive, zipfile.ZipFile(io.BytesIO(data)) as good:
            assert {name: archive.read(name) for name in archive.namelist()} == {
                name: good.read(name) for name in good.namelist()
            }


@pytest.mark.parametrize("path", ["../x", "/x", "a//b", MANIFEST, "line\nbreak", "b.csv", "\udc80.yaml"])
def test_a_member_that_leads_outside_or_is_there_already_is_refused(path):
    with pytest.raises(DemarcError):
        packed([*ITEMS, Item(path=path, data=b"", kind="report")])


def test_a_pack_of_hostile_names_is_whole():
    out = io.BytesIO()
    content = a_hostile_content()
    root = pack(members(content), out, made_at=content.assessment.at, about=title(content), version="demarc test")
    assert not verify(out, "p.zip", root=root).faults
    with zipfile.ZipFile(out) as archive:
        assert not [name for name in archive.namelist() if ".." in name or name.startswith("/")]
        readme = archive.read("README.md").decode()
    assert "\x1b" not in readme


def test_what_is_no_pack_is_refused():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("x", "y")
    with pytest.raises(DemarcError, match="not an audit pack"):
        verify(out, "x.zip")
    assert "cannot be read" in faults(packed()[0][:-30])[""]
