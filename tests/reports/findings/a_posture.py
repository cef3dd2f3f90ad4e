"""Postures built by hand: one with every kind of finding and outcome, and a hostile one."""

from __future__ import annotations

from demarc.model.assessment import Status
from demarc.model.boundary import Party
from demarc.model.duties import Unit
from demarc.model.evidence import Evidence, Grade
from demarc.model.inventory import Scope
from demarc.model.posture import (
    Answers,
    Change,
    CheckResult,
    ExceptionState,
    FieldSeen,
    Finding,
    Fix,
    ObjectRef,
    Outcome,
    Posture,
    Severity,
    Unseen,
    Whose,
)

AT = "2026-11-24T12:00:00Z"
HOSTILE = "</script><script>alert(1)</script>`|=1+1\x1b[2J\u202e::error::%0A"

PAYMENTS = Answers(
    duty="workload.pod-security",
    row="workload.pod-security/workload@workload:payments/Deployment/api",
    whose=Whose.YOURS,
    party=Party.CUSTOMER,
    party_name="",
    owner="Payments",
    owner_id="payments",
    contact="#payments-oncall",
    status=Status.ASSIGNED,
)
NOBODY = Answers(
    duty="workload.pod-security",
    row="workload.pod-security/workload@workload:legacy/Deployment/erp",
    whose=Whose.YOURS,
    party=Party.CUSTOMER,
    party_name="",
    owner="",
    owner_id="",
    contact="",
    status=Status.UNOWNED,
)
AWS = Answers(
    duty="addon.privileges",
    row="addon.privileges/managed_addon@component:aws-node",
    whose=Whose.PROVIDER,
    party=Party.PROVIDER,
    party_name="Amazon Web Services",
    owner="",
    owner_id="",
    contact="",
    status=Status.PROVIDER,
    ask="Ask Amazon Web Services (AWS Support): privileged container: is it needed, and what limits it?",
)


def a_finding(
    name: str = "api",
    namespace: str = "payments",
    answers: Answers = PAYMENTS,
    *,
    check: str = "XX-POD-001",
    severity: Severity = Severity.HIGH,
    kind: str = "Deployment",
    exceptions: tuple[ExceptionState, ...] = (),
    change: Change | None = None,
    file: str = "",
    line: int | None = None,
    says: str = "",
) -> Finding:
    path = "spec.template.spec.containers[0].securityContext.privileged"
    said = says or f"{kind} {namespace}/{name}: container app may do all that root may on its node"
    return Finding(
        id=f"{check}-{namespace}-{name}".lower()[:40],
        check=check,
        title="Privileged container" if check == "XX-POD-001" else "Shares the host PID namespace",
        family="pods",
        severity=severity,
        object=ObjectRef(kind=kind, namespace=namespace, name=name),
        scope=Scope(kind=Unit.WORKLOAD, name=f"{namespace}/{kind}/{name}"),
        says=said,
        fields=(FieldSeen(path=path, value="true"),),
        fix=Fix(
            says="Take the privilege away.",
            command=f"kubectl -n {namespace} edit {kind.lower()} {name}",
            patch="spec:\n  template:\n    spec:\n      containers:\n      - name: app\n",
        ),
        answers=answers,
        evidence=(Evidence(says="seen", grade=Grade.WRITTEN, source="s1"),),
        exceptions=exceptions,
        change=change,
        file=file,
        line=line,
    )


def a_result(check: str, outcome: Outcome, *, findings: int = 0, unseen: tuple[Unseen, ...] = ()) -> CheckResult:
    return CheckResult(
        check=check,
        title="Privileged container" if check == "XX-POD-001" else f"What {check} looks for",
        family="pods",
        severity=Severity.HIGH,
        outcome=outcome,
        looked_at=7,
        says={Outcome.VIOLATED: f"{findings} of 7 looked at", Outcome.UNKNOWN: "nodes were not seen"}.get(
            outcome, "7 looked at, none of them"
        ),
        findings=findings,
        unseen=unseen,
        answers=PAYMENTS,
    )


ACCEPTED = ExceptionState(
    id="legacy-host", counts=True, says="approved by security, ends on 2026-12-31: until its replacement"
)
ENDED = ExceptionState(id="old-excuse", counts=False, says="ended on 2026-10-01")
NODES = Unseen(what="nodes", why="nodes were not seen", todo="allow listing nodes, see demarc rbac-needed")


def a_posture(*findings: Finding, baseline: str = "") -> Posture:
    """Three equal findings of one owner, one nobody holds, one of the provider, one excepted, and every outcome."""
    found = findings or (
        a_finding("erp", "legacy", NOBODY, severity=Severity.CRITICAL, exceptions=(ENDED,)),
        a_finding("api", change=Change.NEW if baseline else None, file="deploy/api.yaml", line=31),
        a_finding("worker", change=Change.KNOWN if baseline else None),
        a_finding("batch", change=Change.KNOWN if baseline else None, kind="CronJob"),
        a_finding("aws-node", "kube-system", AWS, kind="DaemonSet"),
        a_finding("gateway", exceptions=(ACCEPTED, ENDED), check="XX-POD-002", severity=Severity.MEDIUM),
    )
    return Posture(
        format="demarc.posture/1",
        version="demarc 1.2.3",
        at=AT,
        taken_at=AT,
        cluster="harbour-prod",
        results=(
            a_result("XX-POD-001", Outcome.VIOLATED, findings=len(found)),
            a_result("XX-POD-002", Outcome.VIOLATED, findings=1, unseen=(NODES,)),
            a_result("XX-POD-003", Outcome.HOLDS),
            a_result("XX-POD-004", Outcome.UNKNOWN, unseen=(NODES,)),
            a_result("XX-POD-005", Outcome.NOT_APPLICABLE),
        ),
        findings=found,
        baseline=baseline,
    )


def a_hostile_posture() -> Posture:
    """Names that would break every format if they were believed."""
    return a_posture(
        a_finding(
            HOSTILE,
            HOSTILE,
            Answers(
                duty="workload.pod-security",
                row=HOSTILE,
                whose=Whose.YOURS,
                party=Party.CUSTOMER,
                party_name=HOSTILE,
                owner=HOSTILE,
                owner_id=HOSTILE,
                contact=HOSTILE,
                status=Status.ASSIGNED,
            ),
            exceptions=(ExceptionState(id=HOSTILE, counts=False, says=HOSTILE),),
            file=HOSTILE,
            line=1,
            says=HOSTILE,
        )
    )
