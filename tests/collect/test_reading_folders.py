"""Files, folders, archives and standard input; hostile ones too."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
import zipfile
from pathlib import Path

import pytest
import zstandard

from demarc.intake import archive as archives
from demarc.intake.limits import Limits
from demarc.model.errors import DemarcError
from demarc.model.evidence import GapReason
from demarc.testing import objects
from tests.collect.support import as_json, names, reading

POD = as_json(objects.a_pod("app"))
PODS = {"Pod": ["shop/app"]}


def tar(members: dict[str, bytes], *extra: tarfile.TarInfo, mode: str = "w") -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode=mode) as archive:  # type: ignore[call-overload]
        for info in extra:
            archive.addfile(info, io.BytesIO(b"x" * info.size) if info.isreg() else None)
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return content.getvalue()


def zipped(members: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return content.getvalue()


def put(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def test_one_bad_file_among_good_ones_is_a_gap(tmp_path):
    put(tmp_path, {"a.json": POD, "b.json": b"{", "c.yaml": b"a: [", "d.json": b'{"x": 1}', "e.yaml": b""})
    snapshot = reading(tmp_path)
    assert names(snapshot) == PODS
    assert {(Path(gap.what).name, gap.reason) for gap in snapshot.gaps} == {
        ("b.json", GapReason.TRUNCATED),
        ("c.yaml", GapReason.MALFORMED),
        ("d.json", GapReason.UNKNOWN_SHAPE),
    }


def test_every_input_that_gives_nothing_is_a_problem_of_its_own(tmp_path):
    put(
        tmp_path,
        {"good.json": POD, "bad.json": b'{"x": 1}', "empty.json": b"", "cut.json": b'{"x"', "x/README.md": b"hello"},
    )
    with pytest.raises(DemarcError) as caught:
        reading(*(tmp_path / name for name in ("good.json", "bad.json", "empty.json", "cut.json", "none.json", "x")))
    problems = caught.value.problems
    assert [Path(problem.where.file).name for problem in problems if problem.where] == [
        "bad.json",
        "empty.json",
        "cut.json",
        "none.json",
        "x",
    ]
    assert all(problem.what and problem.todo for problem in problems)
    assert "no such file" in problems[3].what


def test_a_must_gather_is_read_and_its_logs_are_passed_over(tmp_path):
    pods = as_json(objects.a_list([objects.a_pod("app")])).replace(b'"List"', b'"PodList"')
    put(
        tmp_path / "must-gather.local.1/quay-io-image-sha256",
        {
            "version": b"must-gather\n4.16",
            "timestamp": b"x",
            "event-filter.html": b"<html>",
            "cluster-scoped-resources/core/nodes/n1.yaml": b"---\n" + as_json(objects.a_node("n1")),
            "namespaces/shop/core/pods.yaml": pods,
            "namespaces/shop/pods/app/app/app/logs/current.log": b"line\n",
            "host_service_logs/masters/kubelet_service.log": b"x",
            "audit_logs/kube-apiserver/a-audit.log.gz": gzip.compress(b"{}"),
            "namespaces/shop/core/secrets.yaml": as_json(objects.a_list([objects.a_secret()])),
        },
    )
    snapshot = reading(tmp_path)
    assert names(snapshot) == {"Node": ["n1"], "Pod": ["shop/app"], "Secret": ["shop/database"]}
    assert snapshot.gaps == ()


def test_a_velero_backup_counts_preferred_versions_once():
    backup = tar(
        {
            "metadata/version": b"1.1.0",
            "resources/pods/namespaces/shop/app.json": POD,
            "resources/pods/v1-preferredversion/namespaces/shop/app.json": POD,
            "resources/nodes/cluster/n1.json": as_json(objects.a_node("n1")),
        },
        mode="w:gz",
    )
    snapshot = reading("-", stdin=backup)
    assert names(snapshot) == {"Node": ["n1"], **PODS}
    assert snapshot.gaps == ()
    assert snapshot.sources[0].origin == "stdin!resources/pods/namespaces/shop/app.json"


def test_files_without_a_name_that_tells_are_told_by_content(tmp_path):
    put(
        tmp_path,
        {"pods": POD, "pods.txt": POD, "wide.txt": b"NAME READY\napp 1/1\n", "notes": b"hello", "run.sh": b"#!/bin/sh"},
    )
    snapshot = reading(tmp_path)
    assert names(snapshot) == PODS
    (gap,) = snapshot.gaps
    assert gap.reason is GapReason.UNKNOWN_SHAPE
    assert "2 file(s)" in gap.detail


def test_a_chart_that_was_not_rendered_says_so(tmp_path):
    put(
        tmp_path,
        {
            "Chart.yaml": b"apiVersion: v2\nname: shop\nversion: 1.0.0\n",
            "templates/a.yaml": b"kind: {{ .Values.kind }}\n",
            "templates/_helpers.tpl": b"x",
        },
    )
    (gap,) = reading(tmp_path).gaps
    assert "not rendered" in gap.detail
    assert "helm template" in gap.todo


def test_links_are_not_followed_out_of_the_folder(tmp_path):
    put(tmp_path / "outside", {"b.json": as_json(objects.a_pod("outside"))})
    inside = put(tmp_path / "inside", {"a.json": POD, "sub/a.json": POD})
    (inside / "b.json").symlink_to(tmp_path / "outside" / "b.json")
    (inside / "c").symlink_to(tmp_path / "outside")
    (inside / "sub" / "loop").symlink_to(inside)
    (inside / "dangling.json").symlink_to(tmp_path / "nowhere")
    (inside / "alias.json").symlink_to(inside / "a.json")
    os.mkfifo(inside / "pipe.json")
    snapshot = reading(inside)
    assert names(snapshot) == PODS
    assert {Path(gap.what).name for gap in snapshot.gaps} == {"b.json", "c", "loop", "dangling.json"}
    assert {gap.reason for gap in snapshot.gaps} == {GapReason.REFUSED}


def special(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


@pytest.mark.parametrize(
    "name", ["../../etc/evil.json", "/etc/evil.json", "a/../../b.json", "C:\\evil.json", "..\\evil.json"]
)
def test_paths_that_leave_the_archive_are_refused(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for data in (tar({name: POD, "good.json": POD}), zipped({name: POD, "good.json": POD})):
        snapshot = reading("-", stdin=data)
        assert names(snapshot) == PODS
        (gap,) = snapshot.gaps
        assert gap.reason is GapReason.REFUSED
    assert list(tmp_path.iterdir()) == []


def test_links_and_devices_in_an_archive_are_refused():
    data = tar(
        {"good.json": POD},
        special("a", tarfile.SYMTYPE, "/etc/passwd"),
        special("b", tarfile.LNKTYPE, "good.json"),
        special("c", tarfile.CHRTYPE),
        special("d", tarfile.FIFOTYPE),
    )
    snapshot = reading("-", stdin=data)
    assert names(snapshot) == PODS
    assert [gap.reason for gap in snapshot.gaps] == [GapReason.REFUSED] * 4


BOMB = Limits(ratio_from=1_000_000, ratio=50)


@pytest.mark.parametrize("form", ["gz", "zst", "tar.gz", "zip", "in a tar"])
def test_an_archive_that_unpacks_without_end_is_refused(form):
    zeros = b" " * 20_000_000
    data = {
        "gz": lambda: gzip.compress(zeros),
        "zst": lambda: zstandard.compress(zeros),
        "tar.gz": lambda: tar({"a.json": zeros}, mode="w:gz"),
        "zip": lambda: zipped({"a.json": zeros}),
        "in a tar": lambda: tar({"a.json.gz": gzip.compress(zeros)}),
    }[form]()
    with pytest.raises(DemarcError, match="unpacks to more than 50 times"):
        reading("-", stdin=data, limits=BOMB)


def test_all_inputs_together_may_not_unpack_without_end(tmp_path):
    put(tmp_path, {f"{n}.json.gz": gzip.compress(as_json(objects.a_pod(f"p{n}", note="x" * 10_000))) for n in range(9)})
    snapshot = reading(tmp_path, limits=Limits(total_bytes=50_000))
    assert 0 < len(snapshot.objects["Pod"]) < 9
    assert {gap.reason for gap in snapshot.gaps} == {GapReason.REFUSED}


def test_archives_within_archives_end_somewhere():
    data = tar({"good.json": POD})
    for depth in range(8):
        data = tar({"inner.tar": data, f"{depth}.json": as_json(objects.a_pod(f"p{depth}"))})
    snapshot = reading("-", stdin=data)
    assert "shop/p7" in names(snapshot)["Pod"]
    assert "nested too deeply" in snapshot.gaps[0].detail


def test_an_archive_with_too_many_members_is_refused():
    members = {f"{n}.json": as_json(objects.a_pod(f"p{n}")) for n in range(20)}
    for data in (tar(members), zipped(members)):
        snapshot = reading("-", stdin=data, limits=Limits(members=10))
        assert len(snapshot.objects["Pod"]) == 10
        assert "more than 10 members" in snapshot.gaps[0].detail


@pytest.mark.parametrize("form", ["w", "w:gz", "w:xz"])
def test_a_cut_archive_keeps_what_came_before(form):
    noise = {f"n{n}.json": as_json(objects.a_pod(f"p{n}", note=os.urandom(3000).hex())) for n in range(30)}
    data = tar({"good.json": POD, **noise}, mode=form)
    snapshot = reading("-", stdin=data[: len(data) * 2 // 3])
    assert "shop/app" in names(snapshot)["Pod"]
    assert GapReason.TRUNCATED in {gap.reason for gap in snapshot.gaps}


def test_a_header_larger_than_any_name_is_refused():
    info = tarfile.TarInfo("x")
    info.type, info.size = tarfile.XHDTYPE, 5_000_000
    with pytest.raises(DemarcError, match="larger than any name"):
        reading("-", stdin=info.tobuf() + b"0" * 5_000_000)


def test_an_encrypted_member_is_refused():
    data = bytearray(zipped({"a.json": POD, "good.json": POD}))
    data[6] |= 1
    at = data.find(b"PK\x01\x02")
    data[at + 8] |= 1
    snapshot = reading("-", stdin=bytes(data))
    assert names(snapshot) == PODS
    assert "encrypted" in snapshot.gaps[0].detail


@pytest.mark.parametrize(
    "data",
    [
        b"PK\x03\x04" + b"x" * 600,
        b"\x1f\x8b" + b"x" * 600,
        b"\x28\xb5\x2f\xfd" + b"x" * 50,
        b"\xfd7zXZ\x00" + b"x" * 50,
        b"\x7fELF\0\0\0",
        b"\0" * 5000,
    ],
)
def test_binary_noise_is_one_clear_error(data):
    with pytest.raises(DemarcError, match="nothing in it was recognised"):
        reading("-", stdin=data)


def test_an_old_tar_without_a_magic_is_known():
    assert archives.is_tar(tar({"a": b"x"})[:512].replace(b"ustar", b"ustar"))
    header = bytearray(tarfile.TarInfo("a.json").tobuf(tarfile.USTAR_FORMAT))
    header[257:265] = bytes(8)
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    assert archives.is_tar(bytes(header))
    assert not archives.is_tar(b"\0" * 512)


def test_a_repository_is_no_folder_of_cluster_objects(tmp_path):
    files = {
        ".git/config": b"[core]\n",
        ".git/HEAD": b"ref: refs/heads/main\n",
        ".github/workflows/ci.yml": b"on: push\njobs: {}\n",
        "deploy/app.yaml": POD,
    }
    put(tmp_path / "repo", files)
    snapshot = reading(tmp_path / "repo")
    assert snapshot.objects == {}
    assert any(record.kind.startswith("repository.") for record in snapshot.records)
    assert {record.source for record in snapshot.records} == {"s1"}
    assert names(reading(tmp_path / "repo" / "deploy")) == PODS


def test_progress_counts_what_was_read(tmp_path):
    from demarc.collect.reading import Progress, read
    from tests.collect.support import KEY, NOW

    put(tmp_path, {"a.json": POD, "b.json": POD})
    seen: list[Progress] = []
    read([str(tmp_path)], key=KEY, now=NOW, on_progress=seen.append)
    assert seen[-1].bytes_read == 2 * len(POD)
