from __future__ import annotations

import io
import json
import stat
import tarfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
import zstandard

from demarc.collect.snapshot_file import MANIFEST, SnapshotWriter
from demarc.model.errors import DemarcError
from demarc.model.evidence import Gap, GapReason
from demarc.model.snapshot import SourceKind
from demarc.testing import objects
from tests.collect.support import KEY, as_json, names, reading

TAKEN = datetime(2026, 11, 20, 12, tzinfo=UTC)
GAP = Gap(what="secrets", reason=GapReason.FORBIDDEN, detail="403", source="s9")


def write(path: Path) -> Path:
    with SnapshotWriter(path, key=KEY, version="1.2.3") as writer:
        writer.add_page("version.json", b'{"gitVersion": "v1.36.2", "major": "1"}', "GET /version")
        writer.add_page("lists/pods.0001.json", as_json(objects.a_list([objects.a_pod("app")])), "GET /api/v1/pods")
        writer.add_page("lists/secrets.json", as_json(objects.a_list([objects.a_secret()])), "GET /api/v1/secrets")
        writer.add_gap(GAP)
        writer.commit(taken_at=TAKEN, taken_at_basis="as recorded", context="prod")
    return path


@pytest.fixture(params=["s.tar.zst", "folder"])
def stored(request, tmp_path):
    return write(tmp_path / "deep" / request.param)


def test_a_stored_snapshot_reads_as_it_was_taken(stored):
    snapshot = reading(stored)
    assert names(snapshot) == {"Pod": ["shop/app"], "Secret": ["shop/database"]}
    assert (snapshot.taken_at, snapshot.taken_at_basis) == (TAKEN, "as recorded")
    assert (snapshot.context, snapshot.server_version) == ("prod", "v1.36.2")
    assert [(gap.what, gap.reason, gap.source) for gap in snapshot.gaps] == [("secrets", GapReason.FORBIDDEN, "")]
    assert [source.origin for source in snapshot.sources] == ["GET /version", "GET /api/v1/pods", "GET /api/v1/secrets"]
    assert {source.kind for source in snapshot.sources} == {SourceKind.LIVE}
    page = as_json(objects.a_list([objects.a_pod("app")]))
    assert snapshot.sources[1].size == len(page)


def test_the_same_pages_give_the_same_bytes(tmp_path):
    assert write(tmp_path / "a.tar.zst").read_bytes() == write(tmp_path / "b.tar.zst").read_bytes()
    assert stat.S_IMODE((tmp_path / "a.tar.zst").stat().st_mode) == 0o600


def test_nothing_is_left_where_it_does_not_come_to_an_end(tmp_path):
    for name in ("s.tar.zst", "folder"):
        with SnapshotWriter(tmp_path / name, key=KEY, version="1") as writer:
            writer.add_page("a.json", b"{}", "x")
        assert list(tmp_path.iterdir()) == []


def test_an_older_archive_stays_until_the_new_one_is_whole(tmp_path):
    path = write(tmp_path / "s.tar.zst")
    before = path.read_bytes()
    with SnapshotWriter(path, key=KEY, version="2") as writer:
        writer.add_page("a.json", b"{}", "x")
    assert path.read_bytes() == before
    with pytest.raises(DemarcError, match="something at this path"):
        SnapshotWriter(tmp_path, key=KEY, version="2")


@pytest.mark.parametrize("name", ["../a.json", "/a.json", MANIFEST, "a//b.json", "a.json"])
def test_names_of_pages_stay_inside_and_are_used_once(name, tmp_path):
    with SnapshotWriter(tmp_path / "s", key=KEY, version="1") as writer:
        writer.add_page("a.json", b"{}", "x")
        with pytest.raises(ValueError, match="not a name"):
            writer.add_page(name, b"{}", "x")


def members(path: Path) -> dict[str, bytes]:
    data = zstandard.ZstdDecompressor().stream_reader(path.read_bytes()).read()
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        return {info.name: archive.extractfile(info).read() for info in archive}  # type: ignore[union-attr]


def repack(path: Path, content: dict[str, bytes]) -> Path:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        for name, text in content.items():
            info = tarfile.TarInfo(name)
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text))
    path.write_bytes(zstandard.compress(data.getvalue()))
    return path


def changed(content: dict[str, bytes], name: str, data: bytes) -> dict[str, bytes]:
    return {**content, name: data}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            lambda c: changed(c, "lists/pods.0001.json", c["lists/pods.0001.json"].replace(b'"app"', b'"bpp"', 1)),
            "changed after",
        ),
        (lambda c: changed(c, "lists/pods.0001.json", c["lists/pods.0001.json"] + b" "), "changed after"),
        (lambda c: {name: data for name, data in c.items() if "pods" not in name}, "lacks a page"),
        (lambda c: {**c, "extra.json": b"{}"}, "does not name"),
        (lambda c: changed(c, MANIFEST, b"{"), "manifest of the snapshot cannot be read"),
        (lambda c: changed(c, MANIFEST, c[MANIFEST].replace(b"snapshot/1", b"snapshot/9")), "does not know"),
        (lambda c: dict(reversed(c.items())), "does not come first"),
    ],
)
def test_a_snapshot_that_was_changed_is_refused(change, says, tmp_path):
    content = members(write(tmp_path / "s.tar.zst"))
    with pytest.raises(DemarcError, match=says):
        reading(repack(tmp_path / "t.tar.zst", change(content)))


def test_a_changed_folder_is_refused(tmp_path):
    folder = write(tmp_path / "folder")
    page = folder / "lists" / "pods.0001.json"
    page.write_bytes(page.read_bytes().replace(b"app", b"bpp"))
    with pytest.raises(DemarcError, match="changed after"):
        reading(folder)
    page.unlink()
    with pytest.raises(DemarcError, match="cannot be read"):
        reading(folder)


def test_a_manifest_cannot_name_files_outside(tmp_path):
    folder = write(tmp_path / "folder")
    (tmp_path / "outside.json").write_bytes(b"{}")
    manifest = json.loads((folder / MANIFEST).read_bytes())
    manifest["pages"][0]["file"] = "../outside.json"
    (folder / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(DemarcError, match="outside the snapshot"):
        reading(folder)


def test_a_stored_snapshot_and_other_inputs_go_together(tmp_path):
    (tmp_path / "more.json").write_bytes(as_json(objects.a_pod("more")))
    snapshot = reading(write(tmp_path / "s.tar.zst"), tmp_path / "more.json")
    assert names(snapshot)["Pod"] == ["shop/app", "shop/more"]
    assert snapshot.taken_at == TAKEN


def test_a_page_that_does_not_say_its_kind_is_read_as_what_was_asked_for(tmp_path: Path) -> None:
    page = b'{"kind":"PartialObjectMetadataList","apiVersion":"meta.k8s.io/v1","items":[{"metadata":{"name":"a"}}]}'
    with SnapshotWriter(tmp_path / "s.tar.zst", key=KEY, version="0") as writer:
        writer.add_page("a.json", page, "test", of=("oauth.openshift.io/v1", "OAuthClient"))
        writer.commit(taken_at=None)
    found = reading(tmp_path / "s.tar.zst")
    assert [item.metadata.name for item in found.objects["OAuthClient.oauth.openshift.io"]] == ["a"]
