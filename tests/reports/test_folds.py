"""Folding loses no row and mixes no answers."""

from __future__ import annotations

import msgspec

from demarc.model.duties import Unit
from demarc.model.inventory import Scope
from demarc.reports.folds import fold, namespace_of
from tests.reports.a_report import a_hostile_report, a_report


def test_every_row_is_in_exactly_one_group_and_variant() -> None:
    for report in (a_report(), a_hostile_report()):
        folded = fold(report.matrix)
        grouped = [row.id for group in folded.groups for rows in group.variants.values() for row in rows]
        assert sorted(grouped) == sorted(row.id for row in report.matrix)


def test_rows_of_a_group_share_their_answer_and_variants_their_details() -> None:
    folded = fold(a_report().matrix)
    for group in folded.groups:
        for position, rows in group.variants.items():
            for row in rows:
                assert (row.duty, row.party, row.status) == (group.answer.duty, group.answer.party, group.answer.status)
                assert row.basis == (folded.bases[group.answer.basis] if group.answer.basis >= 0 else None)
                assert folded.details[position].owner == row.owner
                assert folded.details[position].remarks == row.remarks


def test_equal_rows_over_scopes_become_one_group_even_if_values_are_separate_objects() -> None:
    row = a_report().matrix[0]
    twin = msgspec.json.decode(msgspec.json.encode(row), type=type(row))
    other = msgspec.structs.replace(twin, scope=Scope(kind=row.scope.kind, name="other"), id="x")
    assert len(fold([row, other]).groups) == 1


def test_an_owner_written_elsewhere_is_a_variant_not_another_answer() -> None:
    row = next(row for row in a_report().matrix if row.owner)
    assert row.owner is not None
    moved = msgspec.structs.replace(row, owner=msgspec.structs.replace(row.owner, basis="elsewhere"))
    folded = fold([row, moved])
    assert len(folded.groups) == 1
    assert len(folded.groups[0].variants) == 2


def test_the_namespace_is_read_from_scopes_that_lie_in_one() -> None:
    assert namespace_of(Scope(kind=Unit.NAMESPACE, name="pay")) == "pay"
    assert namespace_of(Scope(kind=Unit.WORKLOAD, name="pay/Deployment/api")) == "pay"
    assert namespace_of(Scope(kind=Unit.IDENTITY, name="pay/ServiceAccount/api")) == "pay"
    assert namespace_of(Scope(kind=Unit.IDENTITY, name="User/bob")) == ""
    assert namespace_of(Scope(kind=Unit.IDENTITY, name="User/arn:aws:sts::1:assumed-role/admin/bob")) == ""
    assert namespace_of(Scope(kind=Unit.PIPELINE, name="github.com/acme/shop")) == ""
