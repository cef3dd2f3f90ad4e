"""New, known, gone, in other hands, no longer known; and a trend."""

from __future__ import annotations

from msgspec.structs import replace

from demarc.model.posture import Change, Outcome, Severity
from demarc.posture.baseline import against, differences, trend
from tests.reports.findings.a_posture import NOBODY, NODES, a_finding, a_posture, a_result

OLD = a_posture(a_finding("api"), a_finding("worker"))


def test_a_baseline_tells_new_from_known_by_fingerprints_alone():
    moved = replace(a_finding("api"), line=400, says="in other words")
    marked = against(a_posture(moved, a_finding("web")), frozenset(one.id for one in OLD.findings), "base.json")
    assert [one.change for one in marked.findings] == [Change.KNOWN, Change.NEW]
    assert marked.baseline == "base.json"


def test_differences_tell_new_gone_and_other_hands():
    held = replace(a_finding("worker"), answers=NOBODY)
    found = differences(OLD, a_posture(held, a_finding("web")))
    assert [one.object.name for one in found.new] == ["web"]
    assert [one.object.name for one in found.gone] == ["api"]
    assert [one.says for one in found.handed] == ["Payments to nobody"]


def test_what_nobody_looked_for_is_not_gone():
    blind = replace(a_posture(a_finding("api")), results=(a_result("XX-POD-001", Outcome.UNKNOWN, unseen=(NODES,)),))
    found = differences(OLD, blind)
    assert found.gone == ()
    assert [one.check for one in found.lost] == ["XX-POD-001"]
    assert found.lost[0].why == "nodes were not seen"


def test_the_same_again_is_no_difference():
    found = differences(OLD, OLD)
    assert (found.new, found.gone, found.handed, found.lost) == ((), (), (), ())


def test_a_trend_counts_by_cluster_and_time_and_knows_the_oldest():
    first = replace(OLD, at="2026-10-01T00:00:00Z")
    second = replace(a_posture(a_finding("worker"), a_finding("web")), at="2026-10-11T00:00:00Z")
    other = replace(OLD, cluster="elsewhere")
    points = trend((second, other, first))
    assert [(one.cluster, one.at[:10], one.new, one.gone) for one in points] == [
        ("elsewhere", "2026-11-24", 0, 0),
        ("harbour-prod", "2026-10-01", 0, 0),
        ("harbour-prod", "2026-10-11", 1, 1),
    ]
    assert points[2].oldest_days == 10
    assert points[2].by_severity[Severity.HIGH.value] == 2
    assert points[2].by_owner == {"Payments": 2}


def test_what_is_excepted_or_the_providers_is_counted_apart():
    (point,) = trend((a_posture(),))
    assert point.excepted == 1
    assert point.provider == 1
    assert sum(point.by_severity.values()) == 4
    assert point.unknown == 1
