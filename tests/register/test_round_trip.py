"""Any register written out loads back as it was, and every message points at its line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from demarc.model.boundary import Party
from demarc.model.errors import Where
from demarc.model.register import Selector
from demarc.model.time import Period
from demarc.register import schema
from demarc.register.tree import Scalar
from demarc.register.words import is_marker, unsafe
from demarc.register.write import comment, identifier, name_or_glob, scalar
from tests.register.reading import DUTIES, PARTS, read

NOWHERE = Where(file="")


def sound(text: str) -> bool:
    return bool(text) and text == text.strip() and not unsafe(text) and not is_marker(text) and "\n" not in text


TEXT = st.text(min_size=1, max_size=20).filter(sound)
IDS = st.from_regex(r"[a-z0-9@/._-]{1,12}", fullmatch=True).filter(sound)
MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2026, 10, 1)).map(lambda at: at.replace(tzinfo=UTC))  # noqa: DTZ001
PATTERNS = st.sampled_from([*DUTIES, "*", "identity.*", "s*"])
SPANS = st.integers(1, 10_000).map(lambda hours: timedelta(hours=hours))


@st.composite
def periods(draw, *, ends=False):
    since = draw(st.none() | MOMENTS)
    until = (since or datetime(2026, 1, 1, tzinfo=UTC)) + draw(SPANS) if ends or draw(st.booleans()) else None
    return Period(since=since, until=until)


SELECTORS = st.builds(
    Selector,
    cluster=st.none() | TEXT,
    namespace=st.none() | TEXT,
    workload=st.none() | TEXT,
    pipeline=st.none() | TEXT,
    labels=st.dictionaries(TEXT, TEXT, max_size=2),
)


def times(period: Period) -> dict[str, str]:
    pairs = {"valid_from": period.since, "valid_to": period.until}
    return {key: at.isoformat() for key, at in pairs.items() if at}


def scope(selector: Selector) -> dict[str, Any]:
    axes = ("cluster", "namespace", "workload", "pipeline", "labels")
    found = {name: value for name in axes if (value := getattr(selector, name))}
    return {"scope": found} if found else {}


@st.composite
def registers(draw):
    """A register as the mapping that somebody would write, and what it must load as."""
    names = draw(st.lists(IDS, min_size=3, max_size=6, unique_by=str.casefold))
    people, team = names[:-1], names[-1]
    spans = [draw(periods()) for _ in people]
    member = draw(st.sampled_from(people))
    holders = st.sampled_from(names)
    assignments = draw(
        st.lists(st.tuples(PATTERNS, SELECTORS, holders, holders, st.integers(1, 400), periods()), max_size=4)
    )
    owner, approver = people[0], people[1]
    exception = draw(st.tuples(TEXT, SELECTORS, periods(ends=True)))
    done = draw(MOMENTS)
    document = {
        "people": [{"id": known, **times(span)} for known, span in zip(people, spans, strict=True)],
        "teams": [{"id": team, "members": [{"person": member, "lead": True}]}],
        "assignments": [
            {
                "duty": duty,
                **scope(where),
                "owner": owner,
                "approver": other,
                "review_every": f"{length}d",
                **times(span),
            }
            for duty, where, owner, other, length, span in assignments
        ],
        "reviews": [{"duties": [DUTIES[0], "*"], "by": owner, "date": done.isoformat()}],
        "exceptions": [
            {
                "id": "x1",
                "duty": "secret.*",
                "reason": exception[0],
                **scope(exception[1]),
                "owner": owner,
                "approved_by": approver,
                **times(exception[2]),
            }
        ],
        "contracts": [{"id": "c1", "duty": "*", "party": "shared", "document": exception[0], "clause": "1.10"}],
    }
    return document, people, spans, assignments, exception, done


@given(registers())
@settings(max_examples=60, deadline=None)
def test_a_register_written_out_loads_back_equal(given_register):
    document, people, spans, assignments, exception, done = given_register
    assert list(Draft202012Validator(schema(duties=DUTIES, parts=PARTS)).iter_errors(document)) == []
    with TemporaryDirectory() as folder:
        loaded = read(Path(folder), yaml.safe_dump(document, allow_unicode=True, sort_keys=False))
    assert loaded.errors == ()
    register = loaded.register
    assert [(person.id, person.period) for person in register.people] == list(zip(people, spans, strict=True))
    assert [
        (one.duties, one.scope, one.owner, one.approver, one.review_every, one.period) for one in register.assignments
    ] == [((duty,), *rest) for duty, *rest in assignments]
    (found,) = register.exceptions
    assert (found.reason, found.scope, found.period) == exception
    assert register.reviews[0].on == done
    assert register.contracts[0].party is Party.SHARED


@given(st.lists(st.sampled_from(["sound", "comment", "faulty"]), min_size=1, max_size=30))
@settings(max_examples=60, deadline=None)
def test_messages_point_at_their_lines(kinds):
    lines, wanted = ["people:"], []
    for number, kind in enumerate(kinds):
        if kind == "comment":
            lines.append("# nothing")
        else:
            lines += [f"  - id: p{number}", "    name: >", "      folded", "      over lines"]
        if kind == "faulty":
            lines.append("    valid_from: never")
            wanted.append(len(lines))
    with TemporaryDirectory() as folder:
        loaded = read(Path(folder), "\n".join(lines))
    assert [error.where.line for error in loaded.errors if error.where] == wanted


@given(st.text(max_size=60))
@settings(max_examples=300, deadline=None)
def test_a_scalar_comes_back_from_any_yaml_reader(text):
    for written in (scalar(text), f"[{scalar(text)}, x]"):
        back = yaml.safe_load(f"key: {written}  # {comment(text)}\n")["key"]
        assert (back if isinstance(back, str) else back[0]) == text


@given(st.text(max_size=1_200))
@settings(max_examples=300, deadline=None)
def test_any_name_becomes_a_selector_and_an_id_that_a_register_can_hold(name):
    for made in (name_or_glob(name), identifier(name)):
        assert not unsafe(made)
        assert not is_marker(made)
        assert len(made) <= 1_000
    if name.strip():
        assert name_or_glob(name).strip()
    assert Scalar(identifier(name), False, 1).text
