"""The terminal views: complete, narrow enough, and deaf to what names say."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from demarc.model.assessment import Assessment
from demarc.model.errors import DemarcError
from demarc.reports.filters import Filters, select
from demarc.reports.terminal import explain, matrix, summary
from demarc.reports.terminal.draw import shares
from demarc.reports.terminal.page import render_text
from demarc.reports.words import LAYERS, PARTIES, STATUSES, party_key
from tests.reports.a_report import a_hostile_report, a_large_report, a_report, a_small_report
from tests.reports.golden import assert_golden


def console(width: int = 100, *, tty: bool = False) -> Console:
    return Console(
        file=io.StringIO(),
        width=width,
        force_terminal=tty,
        color_system="truecolor" if tty else None,
        legacy_windows=False,
        _environ={},
    )


def printed(on: Console) -> str:
    assert isinstance(on.file, io.StringIO)
    return on.file.getvalue()


def summarised(report: Assessment, width: int = 100) -> str:
    on = console(width)
    summary(report, on)
    return printed(on)


def explained(report: Assessment, duty: str, scope: str | None = None, width: int = 80) -> str:
    on = console(width)
    explain(report, duty, scope, on)
    return printed(on)


def tabled(report: Assessment, filters: Filters, width: int = 100) -> str:
    on = console(width)
    matrix(report, on, filters)
    return printed(on)


def test_the_summary_fits_on_a_screen() -> None:
    for report in (a_report(), a_large_report(5000)):
        lines = summarised(report).splitlines()
        assert len(lines) <= 40
        assert max(map(len, lines)) <= 100


@pytest.mark.parametrize("width", [40, 60, 80, 100, 200])
def test_every_view_keeps_to_the_width(width: int) -> None:
    for report in (a_report(), a_hostile_report()):
        on = console(width)
        summary(report, on)
        matrix(report, on, Filters())
        explain(report, "identity.access-review", None, on)
        assert max(map(len, printed(on).splitlines())) <= width


def test_the_summary_says_who_what_and_what_next() -> None:
    text = summarised(a_report())
    for said in (
        "harbour-prod",
        "Amazon EKS 1.33",
        "2026-11-20T10:00:00Z",
        "515 rows",
        "Nobody holds: 127 rows",
        "fulfilment (41)",
        "Unclear: Who performs platform.cluster-ca",
        "secrets (not allowed to read it)",
        "2 rows unknown",
        "$ demarc explain platform.cluster-ca",
    ):
        assert said in text


def test_commands_are_never_cut() -> None:
    text = " ".join(summarised(a_report(), 60).split())
    assert "--output json > cloud/launch-templates.json" in text


def test_bars_read_without_colour() -> None:
    line = next(line for line in summarised(a_report()).splitlines() if "Platform " in line)
    assert set("PSC?-") & set(line.split("Platform ")[1]) >= set("PS?-")


@given(st.dictionaries(st.sampled_from(list(PARTIES)), st.integers(0, 10**6)), st.integers(len(PARTIES), 60))
def test_bars_are_exactly_as_wide_as_asked_and_hide_nobody(counts: dict[str, int], width: int) -> None:
    cells = shares(counts, width)
    held = {party for party, number in counts.items() if number}
    assert set(cells) == held
    assert sum(cells.values()) == (width if held else 0)
    assert all(number >= 1 for number in cells.values())


def test_nothing_is_coloured_in_a_pipe_and_no_escape_of_a_name_survives_on_a_terminal() -> None:
    report = a_hostile_report()
    piped = console()
    summary(report, piped)
    matrix(report, piped, Filters())
    explain(report, "identity.access-review", None, piped)
    assert "\x1b" not in printed(piped)
    on = console(tty=True)
    matrix(report, on, Filters())
    assert "\x1b[31mred" not in printed(on)
    assert "\x1b]0;" not in printed(on)
    assert "\u202e" not in printed(on)


def test_markup_in_names_is_shown_not_obeyed() -> None:
    text = tabled(a_hostile_report(), Filters(scope=("namespace:[[]bold*",)), 200)
    assert "[bold red]markup[/]" in text


def test_the_matrix_folds_equal_rows_and_counts_all() -> None:
    text = tabled(a_report(), Filters(duty=("network.exposure",)))
    assert "2 namespaces: billing" in text
    assert "10 rows of 515 in 7 lines" in text


def test_a_long_name_is_cut_in_the_matrix_and_whole_in_explain() -> None:
    report = a_hostile_report()
    assert "x" * 300 not in "".join(tabled(report, Filters(), 100).split())
    on = explained(report, "identity.access-review", "namespace:" + "x" * 300, 80)
    assert "Owner" in on
    assert on.count("x") >= 300


@pytest.mark.parametrize(
    ("filters", "rows"),
    [
        (Filters(duty=("platform.*",)), 8),
        (Filters(scope=("namespace:payments",)), 8),
        (Filters(scope=("pool:*",)), 15),
        (Filters(party=("uncovered",)), 1),
        (Filters(party=("unknown",)), 2),
        (Filters(party=("Provider", "SHARED")), 20),
        (Filters(status=("conflict", "overdue")), 8),
        (Filters(owner=("legacy",)), 41),
        (Filters(owner=("LEGACY SYSTEMS",)), 41),
        (Filters(layer=("node",), status=("unknown",)), 2),
        (Filters(owner=("shop",), status=("conflict",)), 1),
        (Filters(), 515),
    ],
)
def test_filters_select(filters: Filters, rows: int) -> None:
    assert len(select(a_report(), filters)) == rows


def test_a_namespace_stands_for_what_lies_in_it() -> None:
    found = select(a_report(), Filters(scope=("payments",)))
    assert {row.scope.kind.value for row in found} == {"namespace", "workload", "identity"}


def test_no_row_is_said_with_what_was_asked() -> None:
    assert "No row with duty nonsense" in tabled(a_report(), Filters(duty=("nonsense",)))


def test_explain_gives_source_date_owner_and_what_it_hangs_on() -> None:
    text = " ".join(explained(a_report(), "node.metadata").split())
    assert "https://docs.aws.amazon.com/eks/latest/best-practices/security.html (2026-05-04)" in text
    assert "Hangs on" in text
    assert "HttpPutResponseHopLimit (not seen)" in text
    text = " ".join(explained(a_report(), "identity.access-review", "payments").split())
    assert "Payments, #payments-oncall: Ada Moreau, Jun Park, Leif Strand; written in register/teams.yaml:19" in text
    assert "every 90 days; last 2026-06-01 by Noor Haddad; due 2026-08-30" in text
    assert "The reviewer is the owner." in text
    assert "CSC-owned (CSA SSRM)" in text
    assert "relates to nist-800-53 5.2.0: AC-2, AC-6" in text


def test_what_was_not_seen_is_not_counted_as_its_likely_party() -> None:
    assert not select(a_report(), Filters(status=("unknown",), party=("customer",)))
    text = " ".join(explained(a_report(), "node.metadata", "pool:general").split())
    assert "Party U Unknown" in text
    assert "Likely Customer" in text


def test_explain_shows_contracts_and_overrides() -> None:
    text = " ".join(explained(a_report(), "monitoring.log-retention").split())
    assert "Master services agreement 2025, clause 7.3" in text
    assert "Instead of customer, residual (eks_srm)" in text
    assert "Moved by eks.cluster computeConfig.enabled" in " ".join(explained(a_report(), "cluster.version").split())


def test_explain_shows_both_readings_and_the_letter() -> None:
    text = " ".join(explained(a_report(), "platform.cluster-ca").split())
    assert "It is part of the control plane" in text
    assert "The provider names no date" in text
    assert "Settle it" in text
    assert "Dear support team," in text


def test_explain_shows_evidence_of_installer_and_model() -> None:
    text = " ".join(explained(a_report(), "addon.rollout", "component:kube-proxy").split())
    assert "Installed unknown" in text
    assert "image of the provider's registry [built]" in text
    assert "Against kubectl last applied DaemonSet kube-proxy" in text
    assert "providerID of the nodes names Fargate [written]" in explained(a_report(), "node.image", "pool:jobs")


def test_an_unknown_duty_or_scope_is_an_error_that_helps() -> None:
    with pytest.raises(DemarcError) as caught:
        explained(a_report(), "identity.rbak")
    assert "identity.rbac" in caught.value.problems[0].todo
    with pytest.raises(DemarcError) as caught:
        explained(a_report(), "identity.rbac", "namespace:paymnts")
    assert "namespace:payments" in caught.value.problems[0].todo


def test_everything_that_a_row_can_be_has_a_word() -> None:
    report = a_report()
    assert {row.status.value for row in report.matrix} == set(STATUSES)
    assert {party_key(row.party, row.status) for row in report.matrix} == set(PARTIES)
    assert {entry.duty.layer.value for entry in report.duties} == set(LAYERS)


def test_the_summary_is_as_recorded() -> None:
    assert_golden("summary.txt", render_text(a_report()))


def test_the_matrix_is_as_recorded() -> None:
    assert_golden("matrix.txt", tabled(a_small_report(), Filters(), 80).encode())


def test_the_reasons_are_as_recorded() -> None:
    assert_golden("explain.txt", explained(a_small_report(), "identity.access-review").encode())
