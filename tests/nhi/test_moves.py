"""What moved between snapshots: holds, violated, unknown; numbers over time; the formats."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from pathlib import Path

import jsonschema
import pytest

from demarc.cli.main import run
from demarc.model.evidence import GapReason
from demarc.model.nhi_moves import NhiDiff
from demarc.nhi import Policy
from demarc.nhi.moves import Side, diff, side, trend
from demarc.reports.nhi_moves import diff_schema, render_diff, render_trend, trend_schema
from demarc.testing import a_deployment, a_list, a_namespace, a_secret, a_service_account
from tests.nhi.given import NEW, OLD, written
from tests.posture.given import AT, Object, a_ground
from tests.reports.golden import assert_golden

APP = (a_service_account("bot"), a_deployment("app", service_account="bot"))
SECRETS = tuple(written(name, OLD, values={"password": f"not-real-{name}"}) for name in ("a", "b", "c"))


def sides(*both: tuple[Object, ...], gaps: tuple[str, ...] = ()) -> list[Side]:
    found: list[Side] = []
    for number, objects in enumerate(both):
        missing = tuple((name, GapReason.FORBIDDEN) for name in gaps) if number else ()
        ground = a_ground(*objects, at=AT + timedelta(days=number), gaps=missing)
        found.append(side(f"{number}.json", ground, Policy(), found[-1] if found else None))
    return found


def moved(before: tuple[Object, ...], after: tuple[Object, ...], *, gaps: tuple[str, ...] = ()) -> NhiDiff:
    return diff(*sides(before, after, gaps=gaps))


def ids(refs: object) -> list[str]:
    return [one.id for one in refs]  # type: ignore[attr-defined]


def test_nothing_moves_where_nothing_changed():
    found = moved((*APP, *SECRETS), (*APP, *SECRETS))
    lists = (found.new, found.gone, found.rotated, found.worse, found.better, found.owners)
    assert lists == ((),) * 6
    assert found.unchanged
    assert not any("rotated" in why for why in found.unseen)


def test_what_came_went_and_was_rotated_is_told():
    rotated = written("b", NEW, values={"password": "another-value-here"})
    extra = written("d", NEW, values={"password": "not-real-d"})
    found = moved((*APP, *SECRETS), (*APP, SECRETS[0], rotated, extra))
    assert ids(found.new) == ["shop/Secret/d"]
    assert ids(found.gone) == ["shop/Secret/c"]
    assert ids(found.rotated) == ["shop/Secret/b"]
    assert ids(found.better) == ["shop/Secret/b"]
    back = moved((*APP, SECRETS[0], rotated), (*APP, *SECRETS))
    assert ids(back.worse) == ["shop/Secret/b"]


def test_what_was_not_seen_is_neither_new_nor_gone():
    found = moved((*APP, *SECRETS), APP, gaps=("secrets",))
    assert found.gone == ()
    assert any("3 entries are gone: the later snapshot has no secrets" in why for why in found.unseen)


def test_fingerprints_of_another_key_prove_no_rotation():
    other = tuple(written(name, OLD, values={"password": f"else-{name}"}) for name in ("a", "b", "c"))
    found = moved((*APP, *SECRETS), (*APP, *other))
    assert found.rotated == ()
    assert any("two keys" in why for why in found.unseen)


def test_a_trend_counts_by_cluster_and_time():
    held = sides((*APP, *SECRETS), (*APP, *SECRETS[:2]), (*APP, *SECRETS))
    points = trend(reversed(held)).points  # type: ignore[arg-type]
    assert [point.origin for point in points] == ["0.json", "1.json", "2.json"]
    assert [(point.new, point.gone, point.rotated) for point in points] == [(None, None, None), (0, 1, 0), (1, 0, 0)]
    assert points[0].longest[0].id == "shop/Secret/a"
    assert points[0].longest[0].days > 1000
    assert points[0].by_kind["password"] == 3
    assert points[0].ratio is None, "no person is known"


def test_json_fits_its_published_schema():
    held = sides((*APP, *SECRETS), (*APP, *SECRETS[:2]))
    jsonschema.validate(json.loads(render_diff(diff(*held), "json")), diff_schema())
    jsonschema.validate(json.loads(render_trend(trend(held), "json")), trend_schema())
    for name, schema in (("nhi-diff", diff_schema()), ("nhi-trend", trend_schema())):
        wanted = (json.dumps(schema, indent=2, ensure_ascii=False) + "\n").encode()
        assert_golden(f"../../docs/schemas/{name}.schema.json", wanted)


@pytest.fixture
def dumps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv("DEMARC_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "160")
    paths = []
    for number, secrets in enumerate((SECRETS, SECRETS[:2])):
        path = tmp_path / f"{number}.json"
        objects = (a_namespace("shop", created=f"2026-11-0{number + 1}T00:00:00Z"), *APP, *secrets, a_secret("z"))
        path.write_text(json.dumps(a_list(objects)))
        paths.append(str(path))
    return paths


def test_the_commands_as_they_are_typed(dumps, capsys, tmp_path):
    assert run(["nhi", "diff", *dumps]) == 0
    said = capsys.readouterr().out
    assert "Gone: 1 entry" in said
    assert "shop/Secret/c" in said
    assert run(["nhi", "diff", *dumps, "--format", "csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out, newline="")))
    assert [(row["move"], row["id"]) for row in rows if row["move"] == "gone"] == [("gone", "shop/Secret/c")]
    assert run(["nhi", "trend", *dumps]) == 0
    assert "Lives longest" in capsys.readouterr().out
    assert run(["nhi", "trend", *dumps, "--format", "csv", "-o", str(tmp_path / "t.csv")]) == 0
    assert "longest-lived" in (tmp_path / "t.csv").read_text()
    assert run(["nhi", "trend", dumps[0]]) == 2
    assert "do: " in capsys.readouterr().err
