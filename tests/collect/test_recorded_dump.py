"""The recorded cluster, in every form in which it was recorded or can be packed."""

from __future__ import annotations

import base64
import io
import json
import tarfile
import zipfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import msgspec
import pytest
import yaml
import zstandard
from msgspec import structs

from demarc.collect.builder import SnapshotBuilder
from demarc.collect.snapshot_file import SnapshotWriter
from demarc.model.evidence import GapReason
from demarc.model.kubernetes import KubeObject, Secret
from demarc.model.snapshot import Snapshot, SourceKind
from tests.collect.support import KEY, NOW, names, reading, sourceless
from tests.recorded import NORTHWIND, needs_northwind

pytestmark = [needs_northwind, pytest.mark.recorded]
LISTS = NORTHWIND / "lists"
CUT = "Secret catalog/sh.helm.release.v1.catalog.v9"
"""A release of Helm that was cut within when it was recorded."""


@pytest.fixture(scope="module")
def lists() -> Snapshot:
    return reading(LISTS)


@pytest.fixture(scope="module")
def dump() -> Snapshot:
    return reading(NORTHWIND / "cluster.json")


def without_managers(item: KubeObject) -> KubeObject:
    metadata = structs.replace(item.metadata, managed_fields=None)
    bare = structs.replace(item, metadata=metadata, source="")
    return structs.replace(bare, key_changes={}) if isinstance(bare, Secret) else bare


def test_the_dump_holds_every_object(dump):
    assert sum(map(len, dump.objects.values())) == 1132
    assert [gap.what for gap in dump.gaps] == [CUT]
    assert dump.sources[0].shape == "v1 List"
    assert dump.sources[0].kind is SourceKind.DUMP


def test_the_lists_hold_the_same_objects_and_events_once(dump, lists):
    assert [gap.what for gap in lists.gaps] == [CUT]
    assert len(lists.objects["Event"]) == 391
    for key, items in dump.objects.items():
        assert [without_managers(item) for item in items] == [without_managers(item) for item in lists.objects[key]]


def test_dump_and_lists_together_count_nothing_twice(lists):
    both = reading(NORTHWIND / "cluster.json", LISTS)
    assert sourceless(both) == sourceless(lists)
    assert sourceless(reading(LISTS, NORTHWIND / "cluster.json")) == sourceless(lists)


def test_the_dump_was_taken_when_the_server_last_wrote(dump):
    assert dump.taken_at is not None
    assert dump.taken_at.isoformat() == "2026-11-23T19:08:55+00:00"
    assert "2026-11-23T19:08:55Z" in dump.taken_at_basis


def test_standard_input_and_yaml_read_like_the_file(dump):
    data = (NORTHWIND / "cluster.json").read_bytes()
    assert sourceless(reading("-", stdin=data)) == sourceless(dump)
    as_yaml = yaml.dump(json.loads(data), Dumper=yaml.CSafeDumper, allow_unicode=True).encode()
    assert sourceless(reading("-", stdin=as_yaml)) == sourceless(dump)


@pytest.mark.parametrize("form", ["tar", "tar.gz", "tar.bz2", "tar.xz", "tar.zst", "zip", "files.gz", "zip.gz"])
def test_every_packing_gives_the_same_objects(form, lists, tmp_path):
    packed = pack(form, tmp_path)
    assert sourceless(reading(packed)) == sourceless(lists)
    if packed.is_file():
        assert sourceless(reading("-", stdin=packed.read_bytes())) == sourceless(lists)


def pack(form: str, folder: Path) -> Path:
    import gzip

    files = sorted(LISTS.glob("*.json"))
    target = folder / f"lists.{form}"
    if form == "files.gz":
        target.mkdir()
        for file in files:
            (target / f"{file.name}.gz").write_bytes(gzip.compress(file.read_bytes()))
        return target
    content = io.BytesIO()
    if form.startswith("zip"):
        with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in files:
                archive.write(file, f"lists/{file.name}")
        data = content.getvalue()
        target.write_bytes(gzip.compress(data) if form == "zip.gz" else data)
        return target
    mode = {"tar.gz": "w:gz", "tar.bz2": "w:bz2", "tar.xz": "w:xz"}.get(form, "w")
    with tarfile.open(fileobj=content, mode=mode) as archive:  # type: ignore[call-overload]
        archive.add(LISTS, "lists")
    data = content.getvalue()
    target.write_bytes(zstandard.compress(data) if form == "tar.zst" else data)
    return target


def test_two_pages_are_not_the_whole_list():
    pages = reading(NORTHWIND / "secrets.page1.limit30.json", NORTHWIND / "secrets.page2.limit30.json")
    assert len(pages.objects["Secret"]) == 60
    (gap,) = (gap for gap in pages.gaps if gap.what != CUT)
    assert (gap.what, gap.reason) == ("secrets", GapReason.TRUNCATED)
    assert "37 more" in gap.detail


def test_metadata_answers_name_the_keys_without_values(lists):
    for file in ("secrets.table.json", "secrets.partialmetadata.json"):
        listed = reading(NORTHWIND / file)
        assert [gap.what for gap in listed.gaps if gap.what != CUT] == []
        known = {item.key: item for item in lists.all("Secret", Secret)}
        for item in listed.all("Secret", Secret):
            full = known[item.key]
            assert list(item.keys) == list(full.keys)
            assert set(item.keys.values()) <= {""}
            assert item.key_changes == full.key_changes
            assert item.leaked_in_annotations == full.leaked_in_annotations
            assert item.metadata == full.metadata
    table = reading(NORTHWIND / "secrets.table.json")
    types = {item.key: item.type for item in table.all("Secret", Secret)}
    assert types == {item.key: item.type for item in lists.all("Secret", Secret)}


def test_the_whole_folder_is_read_with_what_is_no_cluster_named(lists):
    whole = reading(NORTHWIND)
    assert sourceless(whole) == sourceless(lists)
    assert whole.server_version == "v1.36.2"
    unread = {Path(gap.what).name for gap in whole.gaps if gap.what != CUT}
    assert unread == {"ground_truth.jsonl", "inventory.json", "subjectaccessreviews.jsonl.gz"}


@cache
def secret_values() -> frozenset[str]:
    """Every value of the recorded Secrets, as base64 and as text; short and public ones aside."""
    found = set()
    for item in json.loads((LISTS / "core_v1_secrets.json").read_bytes())["items"]:
        for key, value in (item.get("data") or {}).items():
            raw = base64.b64decode(value)
            text = raw.decode("utf-8", "ignore")
            if key in {"namespace", "ca.crt"} or len(raw) < 8:
                continue
            found |= {value, text, *(line for line in text.splitlines() if len(line) > 30)}
    return frozenset(found)


def held(parts: Iterable[str], text: str) -> set[str]:
    """Those of some texts that are part of another; of megabytes, in which thousands are looked for."""
    begins = {text[at : at + 8] for at in range(len(text))}
    return {part for part in parts if (len(part) < 8 or part[:8] in begins) and part in text}


def shown(values: Iterable[str], text: str) -> set[str]:
    """Values that a text shows, as they are or as JSON writes them."""
    return held({form for value in values for form in (value, json.dumps(value)[1:-1])}, text)


@cache
def public_values() -> frozenset[str]:
    """Values of Secrets that other objects show as well: names, user names, hosts."""
    rest = b"".join(file.read_bytes() for file in sorted(LISTS.glob("*.json")) if "secrets" not in file.name)
    as_written = {json.dumps(value, ensure_ascii=False)[1:-1]: value for value in secret_values()}
    return frozenset(as_written[form] for form in held(as_written, rest.decode()))


def test_no_secret_value_reaches_the_snapshot(lists, dump, tmp_path):
    values = secret_values() - public_values()
    assert len(values) > 150
    for text in (repr(lists), repr(dump), repr(reading(NORTHWIND)), msgspec.json.encode(lists).decode()):
        assert not shown(values, text)


def written(path: Path) -> Snapshot:
    builder = SnapshotBuilder(KEY)
    with SnapshotWriter(path, key=KEY, version="0") as writer:
        for file in sorted(LISTS.glob("*.json")):
            origin = f"GET {file.stem}"
            builder.add_document(file.read_bytes(), origin=origin, kind=SourceKind.LIVE)
            writer.add_page(f"lists/{file.name}", file.read_bytes(), origin)
        snapshot = builder.build(now=NOW)
        writer.commit(taken_at=snapshot.taken_at, taken_at_basis=snapshot.taken_at_basis)
    return snapshot


def test_a_stored_snapshot_reads_as_what_was_collected_and_shows_no_value(tmp_path):
    for path in (tmp_path / "snapshot.tar.zst", tmp_path / "folder"):
        collected = written(path)
        assert reading(path) == collected
    stored = b"".join(file.read_bytes() for file in sorted((tmp_path / "folder").rglob("*")) if file.is_file()).decode()
    assert not shown(secret_values() - public_values(), stored)


def test_damage_in_the_secrets_is_told_without_showing_one():
    data = (LISTS / "core_v1_secrets.json").read_bytes()
    values = secret_values() - public_values()
    for damaged in (
        data[: len(data) // 2],
        data.replace(b'"data":{', b'"data":[{', 5),
        data.replace(b'"type":"Opaque"', b'"type":1'),
        data.replace(b'=="', b'==\x01"'),
        data.replace(b'":"', b'":'),
        yaml.dump(json.loads(data), Dumper=yaml.CSafeDumper).encode().replace(b"=\n", b'=: "\n', 3),
    ):
        builder = SnapshotBuilder(KEY)
        builder.add_document(damaged, origin="damaged")
        snapshot = builder.build(now=NOW)
        assert snapshot.gaps
        assert not shown(values, repr(snapshot))


def test_objects_come_sorted_whatever_the_order_of_files(lists):
    files = sorted(LISTS.glob("*.json"), reverse=True)
    assert names(reading(*files)) == names(lists)
