"""Evidence of roles by hand, for the rows of an assessment: each verdict, hostile words, and a role without a name."""

from __future__ import annotations

from collections.abc import Iterable

from demarc.model.assessment import Assessment
from demarc.model.evidence import Grade
from demarc.model.roles import FORMAT, Role, RoleEvidence, RolesReport, Verdict, Witness
from demarc.reports.beside import Beside


def a_witness(says: str = "pull request 7 was approved by Noor Haddad", **more: object) -> Witness:
    return Witness(
        **{
            "says": says,
            "who": "Noor Haddad",
            "source": "GitHub",
            "grade": Grade.ANSWERED,
            "at": "2026-10-02T10:00:00Z",
            "verdict": Verdict.SAYS_SO,
            **more,
        }  # type: ignore[arg-type]
    )


def evidence(report: Assessment, says: str = "", roles: Iterable[Role] = Role) -> Beside:
    """Approvers are borne out, reviewers are not, of rotators nothing is known; for rows that have an owner."""
    rows = [row for row in report.matrix if row.owner is not None]
    verdicts = {
        Role.APPROVER: (Verdict.SAYS_SO, (a_witness(says) if says else a_witness(),)),
        Role.REVIEWER: (Verdict.SAYS_OTHERWISE, (a_witness("somebody else did", verdict=Verdict.SAYS_OTHERWISE),)),
        Role.ROTATOR: (Verdict.MISSING, ()),
    }
    found = [
        RoleEvidence(
            row=row.id,
            duty=row.duty,
            scope=row.scope,
            role=role,
            named="noor",
            name=says or "Noor Haddad",
            by_owner=False,
            verdict=verdicts[role][0],
            why=says or (verdicts[role][1][0].says if verdicts[role][1] else "no ledger was given"),
            witnesses=verdicts[role][1],
            todo="" if role is Role.APPROVER else "give more",
        )
        for row in rows
        for role in roles
    ]
    seen, unseen = ("6 merged changes of 3 repositories",), ("change tickets: --tickets",)
    return Beside(
        RolesReport(
            format=FORMAT,
            at=report.at,
            cluster=report.cluster.name,
            since="2025-10-02T00:00:00Z",
            roles=tuple(found),
            seen=seen,
            unseen=unseen,
        )
    )
