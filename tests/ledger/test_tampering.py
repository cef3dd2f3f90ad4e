"""Whatever is changed in an export is found and located; the stand-alone verifier says the same as Demarc."""

from __future__ import annotations

import base64
import io
import json
import random
import types
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from demarc.ledger import timestamps
from demarc.ledger.line import line_of
from demarc.ledger.merkle import leaf_hash
from demarc.ledger.note import Key, handover
from demarc.ledger.verifier import verifier
from demarc.model.ledger import Act, Draft, stamp
from tests.ledger.authority import Authority
from tests.ledger.given import (
    KEY,
    ORIGIN,
    OTHER_SIGNER,
    SIGNER,
    START,
    MemorySigner,
    a_draft,
    export_of,
    lines_of,
    opening,
    signed_over,
    verified,
)

STANDALONE = types.ModuleType("standalone")
exec(compile(verifier(), "verify.py", "exec"), STANDALONE.__dict__)

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
BODIES = st.none() | st.dictionaries(
    TEXT,
    st.recursive(
        st.none() | st.booleans() | TEXT | st.integers(-(2**53) + 1, 2**53 - 1),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
        max_leaves=6,
    ),
    max_size=4,
)


@st.composite
def drafts(draw, most=12):
    """Entries of which some replace or withdraw others that stand."""
    found: list[Draft] = []
    stands: list[int] = []
    for seq in range(1, draw(st.integers(1, most)) + 1):
        act = draw(st.sampled_from(Act)) if stands else Act.STATES
        old = None if act is Act.STATES else draw(st.sampled_from(stands))
        if old is not None:
            stands.remove(old)
        if act is not Act.WITHDRAWS:
            stands.append(seq)
        found.append(a_draft(seq, act=act, supersedes=old, body=draw(BODIES)))
    return found


def standalone(data, *, keys=(), unsigned=False, handed=(), roots=()):
    """What the stand-alone verifier finds."""
    parsed = [STANDALONE.Key.parse(str(key)) for key in keys]
    check = STANDALONE.Check(parsed, list(handed), list(roots), unsigned_too=unsigned)
    check.read(io.BytesIO(data))
    return check.findings


def agreed(data, **given_):
    """The verdict of both, which must be the same."""
    found = verified(data, **given_)
    other = standalone(data, **given_)
    assert found.holds == (not other), (found.findings, other)
    return found


@settings(max_examples=300, deadline=None)
@given(drafts())
def test_what_was_not_changed_holds(entries):
    data = export_of(lines_of(entries))
    found = agreed(data)
    assert found.holds, found.findings
    assert (found.size, found.signed) == (len(entries) + 1, len(entries) + 1)
    assert agreed(data, keys=(KEY,)).holds


@settings(max_examples=500, deadline=None)
@given(drafts(), st.data())
def test_any_flipped_byte_is_found_by_both(entries, data):
    whole = export_of(lines_of(entries))
    at = data.draw(st.integers(0, len(whole) - 1))
    bit = data.draw(st.integers(1, 255))
    assert not agreed(whole[:at] + bytes([whole[at] ^ bit]) + whole[at + 1 :]).holds


@settings(max_examples=500, deadline=None)
@given(drafts(), st.data())
def test_any_entry_dropped_swapped_replayed_or_put_in_is_found_and_located(entries, data):
    lines = lines_of(entries)
    at = data.draw(st.integers(0, len(lines) - 1))
    kind = data.draw(st.sampled_from(["drop", "swap", "replay", "insert", "byte"]))
    changed = list(lines)
    if kind == "drop":
        del changed[at]
    elif kind == "swap":
        other = data.draw(st.integers(0, len(lines) - 1).filter(lambda one: one != at))
        changed[at], changed[other] = changed[other], changed[at]
        at = min(at, other)
    elif kind == "replay":
        again = data.draw(st.integers(0, len(lines) - 1))
        changed.insert(at, lines[again])
    elif kind == "insert":
        prev = leaf_hash(lines[at - 1]) if at else None
        changed.insert(at, line_of(a_draft(99), seq=at, recorded_at=stamp(START), writer="root", prev=prev))
    else:
        place = data.draw(st.integers(0, len(lines[at]) - 1))
        byte = lines[at][place] ^ data.draw(st.integers(1, 255))
        changed[at] = lines[at][:place] + bytes([byte]) + lines[at][place + 1 :]
        if b"\n" in changed[at]:
            return
    whole = export_of(lines)
    head, _, rest = whole.partition(b"\n")
    trailer = rest.partition(b"\n\n")[2]
    found = agreed(head + b"\n" + b"\n".join(changed) + b"\n\n" + trailer)
    assert not found.holds
    if changed == lines:
        return
    # A replayed line can equal the one at its place: the first that differs is where it can be seen.
    first = next((i for i, (a, b) in enumerate(zip(lines, changed, strict=False)) if a != b), len(lines))
    located = [one.seq for one in found.findings if one.seq is not None]
    if first < min(len(lines), len(changed)):
        assert any(abs(seq - first) <= 1 for seq in located), (first, found.findings)


@settings(max_examples=200, deadline=None)
@given(drafts(), st.data())
def test_a_tail_that_is_cut_off_is_found_by_the_first_line_or_by_a_checkpoint_that_is_held(entries, data):
    lines = lines_of(entries)
    whole = export_of(lines)
    assert not agreed(whole[: data.draw(st.integers(0, len(whole) - 1))]).holds
    # Written anew with its key, the shorter ledger holds by itself: only what others hold shows it.
    shorter = export_of(lines[:-1])
    assert agreed(shorter).holds
    assert not agreed(shorter, handed=(signed_over(lines),)).holds
    assert agreed(export_of(lines), handed=(signed_over(lines[:-1]),)).holds


def test_a_ledger_written_anew_holds_by_itself_and_not_against_a_checkpoint_that_is_held():
    lines = lines_of([a_draft(1), a_draft(2)])
    anew = lines_of([a_draft(1, actor="mallory"), a_draft(2)])
    assert agreed(export_of(anew)).holds
    found = agreed(export_of(anew), handed=(signed_over(lines),))
    assert "not those that it was made over" in str(found.findings[0])


def test_a_checkpoint_by_another_key_is_no_signature():
    lines = lines_of([a_draft(1)])
    by_other = signed_over(lines, OTHER_SIGNER)
    assert not agreed(export_of(lines, [by_other])).holds
    assert not agreed(export_of(lines), keys=(type(KEY)(name=KEY.name, public=OTHER_SIGNER.public),)).holds


def test_entries_without_a_signature_are_found_unless_they_are_expected():
    lines = lines_of([a_draft(1), a_draft(2)])
    for notes in ([], [signed_over(lines[:2])]):
        data = export_of(lines, notes)
        assert not agreed(data).holds
        assert agreed(data, unsigned=True).holds


@pytest.mark.parametrize(
    "line",
    [
        lambda line: line.replace(b'"seq":1', b'"seq": 1'),
        lambda line: line.replace(b'"seq":1', b'"seq":1.0'),
        lambda line: line.replace(b'"seq":1', b'"seq":true'),
        lambda line: line.replace(b'"seq":1', b'"seq":1,"seq":1'),
        lambda line: line.replace(b'"alice"', b'"\\u0061lice"'),
        lambda line: line.replace(b'"actor":"alice"', b'"actor":""'),
        lambda line: line.replace(b'"approval"', b'"Approval"'),
        lambda line: line.replace(b'"states"', b'"says"'),
        lambda line: line.replace(b'"body":{', b'"more":1,"body":{'),
        lambda line: line.replace(b'"CH-1"', b"1.5"),
        lambda line: line.replace(b'"CH-1"', b"9007199254740993"),
        lambda line: line.replace(b'"CH-1"', b"NaN"),
        lambda line: line.replace(b'"CH-1"', b'"\\ud800"'),
        lambda line: line.replace(b'"CH-1"', b"[" * 40 + b"]" * 40),
        lambda line: line.replace(b'"CH-1"', b"[" * 100_000 + b"]" * 100_000),
        lambda line: line.replace(b'{"ticket":"CH-1"}', b'[{"ticket":"CH-1"}]'),
        lambda line: line.replace(b"2026-03-01T09:00:00.000000Z", b"2026-03-01T09:00:00Z"),
        lambda line: line.replace(b"2026-03-01T09:00:00.000000Z", b"2026-02-30T09:00:00.000000Z"),
        lambda line: line.replace(b'"valid_to":null', b'"valid_to":"2020-01-01T00:00:00.000000Z"'),
        lambda line: line.replace(b'"supersedes":null', b'"supersedes":0'),
        lambda line: line.replace(b'"states","supersedes":null', b'"replaces","supersedes":0'),
        lambda line: line.replace(b'"states","supersedes":null', b'"withdraws","supersedes":1'),
        lambda line: line.replace(b'"approval"', b'"ledger.opened"'),
        lambda line: line.replace(b'"approval"', b'"ledger.anchor"'),
        lambda _: b"null",
        lambda _: b"[]",
        lambda line: line[:-1],
        lambda line: line + b" ",
        lambda line: line.replace(b"CH-1", b"C" * (1 << 20)),
    ],
)
def test_lines_that_no_ledger_would_write_are_refused_by_both_though_chain_and_signature_are_right(line):
    """Whoever has the key can sign anything: only the form of lines stands against two readings of one of them."""
    lines = lines_of([a_draft(1)])
    changed = line(lines[1])
    assert changed != lines[1]
    assert not agreed(export_of([lines[0], changed])).holds


PIECES = [
    " ",
    ",",
    ":",
    "{",
    "}",
    "[",
    "]",
    "null",
    "true",
    "0",
    "-",
    "9" * 17,
    "1e3",
    '"',
    "\\",
    '\\"',
    "\\n",
    "\\u0001",
]
PIECES += [
    "\\u2028",
    "\\ud800",
    "\\/",
    "\x00",
    "\x1f",
    "\x7f",
    "\x85",
    "\u2028",
    "é",
    "😀",
    "Z",
    "states",
    "prev",
    "\r",
]


@settings(max_examples=1_000, deadline=None)
@given(drafts(most=2), st.data())
def test_both_take_the_same_lines_for_entries_whatever_is_signed(entries, data):
    lines = lines_of(entries)
    text = lines[-1].decode()
    at = data.draw(st.integers(0, len(text)))
    until = at + data.draw(st.integers(0, 3))
    piece = data.draw(st.sampled_from(PIECES) | TEXT.filter(lambda text: "\n" not in text))
    changed = (text[:at] + piece + text[until:]).encode()
    found = agreed(export_of([*lines[:-1], changed]))
    assert found.holds or changed != lines[-1]


def within(levels):
    """An object of so many levels."""
    found: Any = []
    for level in range(2, levels + 1):
        found = {"a": found} if level % 2 == levels % 2 else [found]
    return found


@pytest.mark.parametrize(
    ("field", "value", "holds"),
    [
        ("subject", "a" * 400, True),
        ("subject", '"\\' * 200, True),
        ("actor", "é" * 400, True),
        ("body", within(32), True),
        ("body", {"a": 2**53 - 1, "b": -(2**53) + 1}, True),
        ("body", {"a": "\x00\x7f\x85\u2028\\/"}, True),
        ("body", {"a": [{}, [], None, True, False, "[{" * 40]}, True),
        ("subject", "a" * 401, False),
        ("subject", '"\\' * 200 + "a", False),
        ("body", within(33), False),
        ("body", {"a": 2**53}, False),
        ("body", {"a": -(2**53)}, False),
    ],
)
def test_both_draw_the_line_at_the_same_place(field, value, holds):
    lines = lines_of([a_draft(1)])
    entry = json.loads(lines[1])
    changed = json.dumps(entry | {field: value}, ensure_ascii=False, separators=(",", ":")).encode()
    assert agreed(export_of([lines[0], changed])).holds is holds


@pytest.fixture(scope="module")
def anchored(tmp_path_factory):
    """A ledger with an anchor in it, and the authority's certificate."""
    authority = Authority(tmp_path_factory.mktemp("tsa") / "tsa")
    lines = lines_of([a_draft(1), a_draft(2)])
    note = signed_over(lines)
    answer = authority.answer(timestamps.request(note, b"\x01" * 8))
    token, found = timestamps.response(answer, note, (), nonce=b"\x01" * 8)
    entries = [a_draft(1), a_draft(2), timestamps.draft(note, token, found, actor="alice"), a_draft(4)]
    from cryptography.x509 import load_pem_x509_certificates

    return entries, load_pem_x509_certificates(authority.ca.read_bytes())


def test_an_anchor_says_what_existed_when(anchored):
    entries, roots = anchored
    data = export_of(lines_of(entries))
    found = agreed(data)
    assert [(one.size, one.trusted) for one in found.stamps] == [(3, False)]
    assert agreed(data, roots=tuple(roots)).stamps[0].trusted


@pytest.mark.parametrize(
    "change",
    [
        lambda body: body | {"checkpoint": signed_over(lines_of([a_draft(7), a_draft(8)])).decode()},
        lambda body: body | {"token": body["token"][:-8] + "AAAAAA=="},
        lambda body: body | {"token": "no base64"},
        lambda body: body | {"checkpoint": "nothing"},
        lambda body: {"checkpoint": body["checkpoint"]},
        lambda body: body | {"token": base64.b64encode(b"\x30\x00").decode()},
        lambda body: body | {"token": 7},
    ],
)
def test_an_anchor_that_does_not_hold_is_found_though_the_ledger_was_signed_again(anchored, change):
    entries, _ = anchored
    other = [
        one if one.kind != "ledger.anchor" else a_draft(3, kind=one.kind, body=change(one.body)) for one in entries
    ]
    found = agreed(export_of(lines_of(other)))
    assert [one.seq for one in found.findings] == [3] * len(found.findings)
    assert not found.holds


def test_both_say_the_same_of_a_thousand_exports(anchored):
    """Seeded, with anchors and several checkpoints, valid and changed in all the ways above and at random."""
    rng = random.Random(20261128)
    entries, roots = anchored
    verdicts = {True: 0, False: 0}
    for turn in range(1_000):
        some = entries[: rng.randint(1, len(entries))] + [a_draft(9 + n) for n in range(rng.randint(0, 4))]
        lines = lines_of(some, batch=rng.randint(1, 4))
        notes = [signed_over(lines[: rng.randint(1, len(lines))]) for _ in range(rng.randint(0, 2))]
        if any(one.kind == "ledger.anchor" for one in some):
            lines = lines_of(some)
        data = export_of(lines, [*notes, signed_over(lines)] if turn % 7 else notes)
        if turn % 3:
            data = mutated(rng, data)
        handed = (signed_over(lines[: rng.randint(1, len(lines))]),) if turn % 5 == 0 else ()
        found = agreed(data, roots=tuple(roots) if turn % 2 else (), unsigned=turn % 4 == 0, handed=handed)
        verdicts[found.holds] += 1
    assert min(verdicts.values()) > 200, verdicts


def mutated(rng: random.Random, data: bytes) -> bytes:
    kind = rng.randrange(6)
    at = rng.randrange(len(data))
    if kind == 0:
        return data[:at] + bytes([rng.randrange(256)]) + data[at + 1 :]
    if kind == 1:
        return data[:at] + data[at + rng.randint(1, 40) :]
    if kind == 2:
        return data[:at] + rng.randbytes(rng.randint(1, 5)) + data[at:]
    lines = data.split(b"\n")
    one, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    if kind == 3:
        lines[one], lines[other] = lines[other], lines[one]
    elif kind == 4:
        lines.insert(one, lines[other])
    else:
        del lines[one]
    return b"\n".join(lines)


def test_an_opening_that_names_another_ledger_is_found():
    lines = [line_of(opening(origin="other"), seq=0, recorded_at=stamp(START), writer="root", prev=None)]
    assert not agreed(export_of(lines)).holds


def handed_over(to, by, name=ORIGIN):
    """An entry in which a key hands over to another."""
    key = Key(name=name, public=to.public)
    body = {"key": str(key), "signature": base64.b64encode(by.sign(handover(ORIGIN, key))).decode()}
    return a_draft(kind="ledger.key", subject=ORIGIN, body=body)


def test_a_key_hands_over_and_the_first_leads_to_all_that_follow():
    third = MemorySigner(3)
    entries = [a_draft(1), handed_over(OTHER_SIGNER, SIGNER), a_draft(3), handed_over(third, OTHER_SIGNER), a_draft(5)]
    lines = lines_of(entries)
    early, middle = signed_over(lines[:2]), signed_over(lines[:4], OTHER_SIGNER)
    data = export_of(lines, [early, middle, signed_over(lines, third)])
    for keys in ((), (KEY,)):
        assert agreed(data, keys=keys).holds
        assert agreed(data, keys=keys).signed == 6
    # The key before counts no more for what comes after, nor the key after for what came before.
    assert not agreed(export_of(lines, [signed_over(lines, SIGNER)])).holds
    assert not agreed(export_of(lines, [signed_over(lines[:2], OTHER_SIGNER), signed_over(lines, third)])).holds


@pytest.mark.parametrize(
    "entry",
    [
        handed_over(OTHER_SIGNER, OTHER_SIGNER),
        a_draft(kind="ledger.key", subject=ORIGIN, body={"key": "no key", "signature": ""}),
        a_draft(kind="ledger.key", subject=ORIGIN, body={"key": str(KEY)}),
        a_draft(kind="ledger.key", subject=ORIGIN, body={"key": str(KEY), "signature": "AAAA"}),
        a_draft(kind="ledger.key", subject=ORIGIN, body=None),
    ],
)
def test_a_key_that_the_one_before_did_not_sign_is_found(entry):
    lines = lines_of([entry, a_draft(2)])
    assert not agreed(export_of(lines)).holds
    assert not agreed(export_of(lines, [signed_over(lines, OTHER_SIGNER)])).holds
