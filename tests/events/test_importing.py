"""Importing: what is new, what was there, what is damaged, and what is hostile."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import pytest

from demarc.events import pieces
from demarc.events.importing import Progress, import_trails
from demarc.events.normalise import LONGEST_LINE
from demarc.events.store import Store
from demarc.model.errors import DemarcError
from tests.events.given import NOW, an_event, line, lines

LATE = ("requestReceivedTimestamp", "stageTimestamp", "annotations")
CUT = line(
    {key: value for key, value in an_event(7).items() if key not in LATE}
    | {"requestObject": {"kind": "Pod", "spec": {"x": "y" * 500}}}
    | {key: an_event(7)[key] for key in LATE}
)
"""An event in the order in which the API server writes it: a cut in the body loses times and annotations."""


def cut_at(data: bytes, word: bytes) -> bytes:
    return data[: data.index(word) + 12]


# incremental


def test_the_same_file_again_adds_nothing(trail):
    trail.add(lines(an_event(1), an_event(2)))
    again = trail.take([str(trail.folder / "audit.log")])
    assert (again.sources, again.known) == ((), (str(trail.folder / "audit.log"),))
    assert len(trail.rows()) == 2


def test_a_copy_of_another_framing_adds_nothing(trail):
    trail.add(lines(an_event(1), an_event(2)))
    copy = trail.add(gzip.compress(json.dumps([an_event(2), an_event(1)], indent=1).encode()), "copy.gz")
    assert (copy.sources[0].events, copy.sources[0].duplicates) == (0, 2)
    assert [row["source_id"] for row in trail.rows()] == ["s1", "s1"]


def test_of_a_file_that_has_grown_only_the_rest_is_read(trail, monkeypatch):
    first, second = lines(an_event(1), an_event(2)), lines(an_event(3))
    trail.add(first)
    read: list[bytes] = []
    real = pieces._Lines.block

    def block(self):
        read.append(real(self))
        return read[-1]

    monkeypatch.setattr(pieces._Lines, "block", block)
    done = trail.add(first + second)
    assert b"".join(read) == second
    assert (done.sources[0].events, done.sources[0].duplicates) == (1, 0)
    assert [(row["source_id"], row["position"]) for row in trail.rows()] == [("s1", 1), ("s1", 2), ("s2", 3)]
    assert trail.add(first + second).known


def test_a_file_that_was_rewritten_is_read_whole(trail):
    trail.add(lines(an_event(1), an_event(2)))
    done = trail.add(lines(an_event(5), an_event(2), an_event(3)))
    assert (done.sources[0].events, done.sources[0].duplicates) == (2, 1)


def test_a_last_line_that_is_still_being_written_waits(trail):
    whole = line(an_event(2))
    done = trail.add(lines(an_event(1)) + whole[:200])
    assert done.sources[0].unfinished
    assert len(trail.rows()) == 1
    grown = trail.add(lines(an_event(1)) + whole + b"\n" + lines(an_event(3)))
    assert (grown.sources[0].events, grown.sources[0].duplicates) == (2, 0)
    assert [row["position"] for row in trail.rows()] == [1, 2, 3]
    assert not any(row["truncated"] for row in trail.rows())


def test_duplicates_within_one_file(trail):
    done = trail.add(lines(an_event(1), an_event(1), an_event(2), an_event(1)))
    assert (done.sources[0].events, done.sources[0].duplicates) == (2, 2)
    assert [row["position"] for row in trail.rows()] == [1, 3]


def test_duplicates_across_pieces(trail, monkeypatch):
    monkeypatch.setattr(pieces, "PIECE", 1)
    monkeypatch.setattr(pieces, "BLOCK", 700)
    done = trail.add(lines(*(an_event(number % 7) for number in range(1, 30)), an_event(40)))
    assert len(trail.rows()) == 8
    assert (done.sources[0].events, done.sources[0].duplicates) == (8, 22)
    assert [row["position"] for row in trail.rows()] == [1, 2, 3, 4, 5, 6, 7, 30]


# ids that are not to be trusted


def test_an_event_cannot_hide_behind_a_reused_id(trail):
    innocent = an_event(1)
    hidden = an_event(1, verb="delete", requestReceivedTimestamp="2026-01-01T05:00:00Z")
    done = trail.add(lines(innocent, hidden, an_event(2)))
    assert [(row["verb"], row["id_reused"]) for row in trail.rows()] == [
        ("get", True),
        ("delete", True),
        ("get", False),
    ]
    assert (done.sources[0].reused, done.sources[0].duplicates) == (2, 0)


def test_a_reused_id_shows_over_two_imports(trail):
    trail.add(lines(an_event(1)), "one")
    done = trail.add(lines(an_event(1, user={"username": "eve"})), "two")
    assert done.sources[0].reused == 1
    assert [(row["user_name"], row["id_reused"]) for row in trail.rows()] == [("ana", False), ("eve", True)]


def test_stages_of_one_request_are_no_reuse(trail):
    done = trail.add(lines(an_event(1, stage="RequestReceived"), an_event(1)))
    assert (done.sources[0].events, done.sources[0].reused) == (2, 0)


def test_events_without_an_id_are_told_apart_by_their_content(trail):
    bare = {key: value for key, value in an_event(1).items() if key != "auditID"}
    done = trail.add(lines(bare, bare, bare | {"sourceIPs": ["203.0.113.9"]}))
    assert (done.sources[0].events, done.sources[0].duplicates, done.sources[0].reused) == (2, 1, 0)


# damage


def test_a_record_that_was_cut_gives_what_is_whole_in_it(trail):
    cut = cut_at(CUT, b'"x":"yyy')
    envelope = {"events": [{"logStreamName": "kube-apiserver-audit-1", "timestamp": 1767225601123,
                            "message": cut.decode() + "[Truncated...]"}]}  # fmt: skip
    done = trail.add(line(envelope))
    row = trail.one()
    assert (row["truncated"], row["user_name"], row["verb"], row["code"], row["name"]) == (
        True,
        "ana",
        "get",
        200,
        "db",
    )
    assert (row["request_object"], row["decision"], row["ts_us"]) == ("", "", 1767225601123000)
    assert done.sources[0].truncated == 1


def test_a_line_that_was_cut_costs_no_other(trail):
    done = trail.add(lines(an_event(1), cut_at(CUT, b'"x":"yyy'), an_event(2), b'{"kind":"Event","aud', an_event(3)))
    assert [(row["position"], row["truncated"]) for row in trail.rows()] == [
        (1, False),
        (2, True),
        (3, False),
        (5, False),
    ]
    assert (done.sources[0].truncated, done.sources[0].rejected) == (1, 1)


def test_a_first_line_that_was_cut(trail):
    trail.add(lines(cut_at(CUT, b'"x":"yyy'), an_event(1), an_event(2)))
    assert [row["truncated"] for row in trail.rows()] == [True, False, False]


def test_an_archive_that_was_cut_keeps_what_came_before_and_says_so(trail):
    data = gzip.compress(b"".join(lines(an_event(n, userAgent=os.urandom(500).hex())) for n in range(1000)))
    done = trail.add(data[: len(data) // 2], "cut.gz")
    assert "cut off" in done.sources[0].damaged
    assert 100 < done.sources[0].events < 1000


# hostile input


HOSTILE = {
    "deep": b'{"kind":"Event","requestObject":' + b"[" * 200_000,
    "deep and whole": b'{"a":' * 5000 + b"1" + b"}" * 5000,
    "a raw NUL": line(an_event(5)).replace(b"kubectl", b"kube\0ctl"),
    "no object": b'["Event"]',
    "a number": b"17",
    "another kind": line({"kind": "Pod", "apiVersion": "v1", "verb": "get", "user": {}}),
    "verb of a wrong type": line(an_event(5, verb=["get"])),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_lines_are_rejects_and_cost_no_other(trail, name):
    done = trail.add(lines(an_event(1), HOSTILE[name], an_event(2)))
    assert [row["audit_id"][-1] for row in trail.rows("NOT truncated")] == ["1", "2"]
    assert [row["position"] for row in trail.rows("NOT truncated")] == [1, 3]
    assert done.sources[0].rejected + done.sources[0].truncated == 1


def test_wrong_encoding_gets_marks_where_it_is_wrong(trail):
    trail.add(lines(an_event(1), line(an_event(2)).replace(b"kubectl", b"kube\xff\xfectl"), an_event(3)))
    assert [row["agent"] for row in trail.rows()] == [
        "kubectl/v1.34.1",
        "kube\ufffd\ufffdctl/v1.34.1",
        "kubectl/v1.34.1",
    ]


def test_an_escaped_nul_is_text_and_half_a_letter_is_none(trail):
    nul, half = (
        line(an_event(number)).replace(b"kubectl", b"kube" + escape)
        for number, escape in enumerate((b"\\u0000", b"\\ud800"))
    )
    done = trail.add(lines(nul, half, an_event(2)))
    seen = [(row["agent"], row["truncated"]) for row in trail.rows()]
    assert seen == [("kube\0/v1.34.1", False), ("", True), ("kubectl/v1.34.1", False)]
    assert done.sources[0].truncated == 1


def test_what_follows_an_event_on_its_line_is_a_reject_of_its_own(trail):
    done = trail.add(lines(an_event(1), line(an_event(2)) + b" x", line(an_event(3)) + line(an_event(4))))
    assert [row["position"] for row in trail.rows()] == [1, 2, 3, 3]
    assert done.sources[0].rejected == 1


def test_giant_lines_cost_no_more_than_their_bound(trail):
    giant = b'{"kind":"Event","verb":"' + b"x" * (LONGEST_LINE + 1_000_000)
    done = trail.add(lines(an_event(1), giant + b'"}', an_event(2)) + giant)
    assert [row["position"] for row in trail.rows()] == [1, 3]
    assert done.sources[0].rejected >= 1
    assert all(len(reject.text) < 5000 for reject in Store.open(trail.root).rejects())


def test_giant_lines_of_another_framing(trail):
    giant = b'{"log":"' + b"x" * (LONGEST_LINE + 1_000_000) + b'"}'
    done = trail.add(lines({"log": line(an_event(1)).decode()}, giant, {"log": line(an_event(2)).decode()}))
    assert [row["position"] for row in trail.rows()] == [1, 3]
    assert done.sources[0].rejected == 1


def test_blank_lines_are_no_records(trail):
    trail.add(b"\n\r\n" + lines(an_event(1)) + b"  \n\n\n" + lines(an_event(2)) + b"\n")
    assert [row["position"] for row in trail.rows()] == [1, 2]


def test_envelopes_within_envelopes_end(trail):
    text = line(an_event(1)).decode()
    for _ in range(20):
        text = json.dumps({"log": text})
    done = trail.add(lines({"log": line(an_event(2)).decode()}, text.encode()))
    assert done.sources[0].rejected == 1


def test_fields_that_a_collector_added_do_not_pass_for_ours(trail):
    trail.add(lines(an_event(1, _demarc={"p": 99, "s": "falco", "c": "elsewhere"})))
    assert (trail.one()["position"], trail.one()["shape"], trail.one()["cluster"]) == (1, "kubernetes", "")


# the store


def test_a_store_is_not_made_among_other_things(trail, tmp_path):
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "letter.txt").write_text("dear")
    with pytest.raises(DemarcError, match="holds other things"):
        Store.create(tmp_path / "home")


def test_two_imports_do_not_meet(trail):
    trail.add(lines(an_event(1)))
    store = Store.open(trail.root)
    with store.adding(), pytest.raises(DemarcError, match="another import"):
        import_trails(Store.open(trail.root), [trail.file(lines(an_event(2)), "b")], now=NOW)


def test_what_an_interrupted_import_left_is_gone_with_the_next(trail):
    trail.add(lines(an_event(1)))
    (trail.root / "events" / "s9-00000.parquet").write_bytes(b"PAR1")
    (trail.root / ".adding-x").mkdir()
    trail.add(lines(an_event(2)), "b")
    assert len(trail.rows()) == 2
    assert not (trail.root / ".adding-x").exists()
    assert len(list((trail.root / "events").iterdir())) == 2


@pytest.mark.parametrize(("text", "says"), [("{", "damaged"), ('{"format":"demarc.events/9"}', "of the format")])
def test_a_manifest_that_cannot_be_read(tmp_path, text, says):
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(DemarcError, match=says):
        Store.open(tmp_path)
    with pytest.raises(DemarcError, match="no trail"):
        Store.open(tmp_path / "nowhere")


def test_the_digest_is_of_the_bytes_as_received(trail):
    import hashlib

    data = gzip.compress(lines(an_event(1)))
    done = trail.add(data, "a.gz")
    assert (done.sources[0].sha256, done.sources[0].size) == (hashlib.sha256(data).hexdigest(), len(data))


def test_progress_is_told(trail):
    seen: list[Progress] = []
    trail.add(lines(an_event(1)), on_progress=seen.append)
    assert seen[-1].bytes_read == len(lines(an_event(1)))


def test_rejects_are_kept_with_their_place(trail):
    trail.add(lines(an_event(1), b"oops password=hunter22 here", an_event(2)))
    (reject,) = Store.open(trail.root).rejects()
    assert (reject.source, reject.position, reject.says) == ("s1", 2, "it is no JSON")
    assert reject.text == "oops password=*** here"


def test_the_store_can_be_moved(trail, tmp_path):
    trail.add(lines(an_event(1)))
    trail.root.rename(tmp_path / "moved")
    trail.root = Path(tmp_path / "moved")
    assert len(trail.rows()) == 1


@pytest.mark.parametrize("value", [b'{"records":' + b"[" * 200_000, b'{"events":[' + b'{"a":' * 5000, b"[" * 200_000])
def test_what_is_nested_without_end_is_counted(trail, value):
    done = trail.add(lines({"log": line(an_event(1)).decode()}, value, {"log": line(an_event(2)).decode()}))
    assert (done.sources[0].events, done.sources[0].rejected) == (2, 1)
