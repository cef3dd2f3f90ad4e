"""Checks of the audit trail: whether it is kept, how long, and whether it is whole.

Settings are read from the provider's description, facts from the trail itself. What happened in it is for incidents.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from demarc.inventory.records import dig, texts, true, words
from demarc.model.evidence import Evidence, Grade
from demarc.model.posture import FieldSeen, Fix, Found, ObjectRef, Severity
from demarc.model.snapshot import Record
from demarc.model.trail import TrailFacts
from demarc.posture.checks.described import Described, ask_cluster, command, descriptions
from demarc.posture.ground import Ground
from demarc.posture.interface import Check, Report

LEAST_DAYS: Final = 90
"""Breaches are found weeks to months after they began; PCI DSS keeps three months at hand."""
_KEPT: Final = ("audit", "authenticator", "api")
GIVE_TRAIL: Final = "give the audit trail of the API server: --events FILE"


# DM-LOG-001


def _export(ground: Ground, report: Report) -> None:
    ask_cluster(
        ground,
        report,
        {"eks": _eks_export, "gke": _gke_export, "aks": _aks_export, "rosa": _rosa_export},
    )


def _eks_export(it: Described) -> None:
    parts = it.get("logging.clusterLogging")
    if not isinstance(parts, list):
        it.unseen("logging.clusterLogging")
        return
    on = {kind for part in parts if true(part, "enabled") for kind in texts(dig(part, "types"))}
    missing = [kind for kind in _KEPT if kind not in on]
    if missing:
        off = "audit" in missing
        it.violated(
            f"log types {', '.join(missing)} are off: "
            + ("nobody can say later who did what" if off else "medium, because the audit log itself is on"),
            "logging.clusterLogging",
            fix="Switch them on; what happened before cannot be had afterwards.",
            command=f"aws eks update-cluster-config --name {it.record.name} --logging "
            '\'{"clusterLogging":[{"types":["api","audit","authenticator"],"enabled":true}]}\'',
            severity=None if off else Severity.MEDIUM,
        )


def _gke_export(it: Described) -> None:
    """Writes are always recorded; reads are where the project records Data Access of the Kubernetes API."""
    policies = [record for record in descriptions(it.ground).of("gcp.iamPolicy") if "bindings" in record.body]
    if not policies:
        it.report.unseen(
            "auditConfigs of the project",
            "writes are always recorded; whether reads are was not given",
            command(it.ground, "gcp.iamPolicy"),
        )
    elif not any(_reads(record) for record in policies):
        it.violated(
            "reads are not recorded (Data Access of container.googleapis.com is off): who read a Secret cannot be "
            "told; "
            "medium, because writes always are",
            "loggingConfig.componentConfig.enableComponents",
            fix="Switch Data Access logs of the Kubernetes Engine API on for DATA_READ, in the project's IAM policy.",
            severity=Severity.MEDIUM,
        )


def _reads(record: Record) -> bool:
    configs = dig(record.body, "auditConfigs")
    for config in configs if isinstance(configs, list) else ():
        if words(config, "service") in ("allServices", "container.googleapis.com"):
            kinds = dig(config, "auditLogConfigs")
            if any(words(kind, "logType") == "DATA_READ" for kind in (kinds if isinstance(kinds, list) else ())):
                return True
    return False


def _settings(it: Described) -> list[Record] | None:
    """Diagnostic settings of the cluster; None where they were not given."""
    found = descriptions(it.ground)
    if not found.given("azure.diagnosticSetting"):
        return None
    wanted = it.text("id").lower()
    return [
        record
        for record in found.of("azure.diagnosticSetting")
        if not wanted or wanted in words(record.body, "id").lower() or not words(record.body, "id")
    ]


def _categories(settings: Iterable[Record]) -> set[str]:
    found: set[str] = set()
    for record in settings:
        logs = dig(record.body, "logs")
        for log in logs if isinstance(logs, list) else ():
            if true(log, "enabled"):
                found.add(words(log, "category") or words(log, "categoryGroup"))
    return found


def _aks_export(it: Described) -> None:
    settings = _settings(it)
    if settings is None:
        kind = "azure.diagnosticSetting"
        it.report.unseen(kind, "diagnostic settings were not given", command(it.ground, kind))
        return
    on = _categories(settings)
    if on & {"kube-audit", "allLogs", "audit"}:
        return
    admin = "kube-audit-admin" in on
    it.violated(
        "kube-audit-admin alone is kept, which drops every get and list: who read a Secret cannot be told; medium, "
        "because "
        "writes are kept"
        if admin
        else "no diagnostic setting keeps kube-audit: nobody can say later who did what",
        fix="Keep the category kube-audit.",
        command="az monitor diagnostic-settings create --name audit --resource ID_OF_THE_CLUSTER --workspace WORKSPACE "
        '--logs \'[{"category":"kube-audit","enabled":true},{"category":"guard","enabled":true}]\'',
        severity=Severity.MEDIUM if admin else None,
    )


def _rosa_export(it: Described) -> None:
    if not it.text("aws.audit_log.role_arn"):
        it.violated(
            "the audit log goes to Red Hat alone: you see it by a support case, within a year; medium, because it "
            "is kept",
            "aws.audit_log.role_arn",
            fix="Forward the audit log to CloudWatch of your own account.",
            command=f"rosa edit cluster --cluster {it.record.name} --audit-log-arn ROLE_ARN",
            severity=Severity.MEDIUM,
        )


# DM-LOG-002


def _retention(ground: Ground, report: Report) -> None:
    ask_cluster(
        ground,
        report,
        {"eks": _eks_retention, "gke": _gke_retention, "aks": _aks_retention, "rosa": _rosa_retention},
    )


def _eks_retention(it: Described) -> None:
    name = f"/aws/eks/{it.record.name}/cluster"
    found = descriptions(it.ground)
    group = next((record for record in found.of("aws.logGroup") if record.name == name), None)
    if group is not None:
        days = dig(group.body, "retentionInDays")
        it.report.looked()
        if isinstance(days, int) and days < LEAST_DAYS:
            Described(it.ground, it.report, group).violated(
                f"control-plane logs are kept for {days} days: most intrusions are found later than that",
                "retentionInDays",
                fix=f"Keep them for {LEAST_DAYS} days at least, or ship them to an account that the cluster's "
                "cannot write to.",
                command=f"aws logs put-retention-policy --log-group-name {name} --retention-in-days 365",
            )
        else:
            it.report.holds(f"{name} is kept for {days} days" if days else f"{name} is kept without end")
    elif found.given("aws.logGroup"):
        it.violated(
            f"log group {name} does not exist: nothing of the control plane is kept",
            "logging.clusterLogging",
            fix="Switch the audit log on (DM-LOG-001), then set how long it is kept.",
        )
    else:
        it.report.unseen("aws.logGroup", "how long logs are kept was not given", command(it.ground, "aws.logGroup"))


def _gke_retention(it: Described) -> None:
    it.report.holds("Google keeps Admin Activity logs for 400 days; buckets of other logs were not looked at")


def _aks_retention(it: Described) -> None:
    settings = _settings(it)
    if settings is None:
        kind = "azure.diagnosticSetting"
        it.report.unseen(kind, "diagnostic settings were not given", command(it.ground, kind))
        return
    audited = [
        record for record in settings if _categories([record]) & {"kube-audit", "kube-audit-admin", "allLogs", "audit"}
    ]
    if not audited:
        it.violated(
            "no diagnostic setting ships the audit log anywhere: nothing of it is kept",
            fix="Keep the category kube-audit (DM-LOG-001), in a workspace or an account with a retention of its own.",
        )
        return
    for record in audited:
        days = min(_days(record), default=0)
        if 0 < days < LEAST_DAYS:
            Described(it.ground, it.report, record).violated(
                f"the audit log is kept for {days} days: most intrusions are found later than that",
                "logs",
                fix=f"Keep it for {LEAST_DAYS} days at least.",
            )
        elif not days and words(record.body, "workspaceId"):
            it.report.unseen(
                "retention of the workspace",
                f"how long {words(record.body, 'workspaceId').rpartition('/')[2]} keeps logs was not given",
                "look at: az monitor log-analytics workspace show --query retentionInDays",
            )


def _days(record: Record) -> Iterator[int]:
    logs = dig(record.body, "logs")
    for log in logs if isinstance(logs, list) else ():
        days = dig(log, "retentionPolicy.days")
        if true(log, "retentionPolicy.enabled") and isinstance(days, int):
            yield days


def _rosa_retention(it: Described) -> None:
    groups = [one for one in descriptions(it.ground).of("aws.logGroup") if it.record.name in one.name]
    if not groups:
        it.report.unseen(
            "aws.logGroup",
            "Red Hat keeps its copy for a year; how long yours is kept was not given",
            "give the output of: aws logs describe-log-groups",
        )
    for group in groups:
        it.report.looked()
        days: Any = dig(group.body, "retentionInDays")
        if isinstance(days, int) and days < LEAST_DAYS:
            Described(it.ground, it.report, group).violated(
                f"your copy of the audit log is kept for {days} days: most intrusions are found later than that",
                "retentionInDays",
                fix=f"Keep it for {LEAST_DAYS} days at least.",
            )


# DM-LOG-003


def _whole(ground: Ground, report: Report) -> None:
    trail = ground.trail
    if trail is None:
        report.unseen("audit trail", "no audit trail was given", GIVE_TRAIL)
        return
    report.looked(trail.events)
    for gap in sorted(trail.gaps, key=lambda one: one.since - one.until)[:20]:
        report.violated(
            _of_trail(
                ground,
                trail,
                f"holds nothing from {gap.since:%Y-%m-%d %H:%M} to {gap.until:%Y-%m-%d %H:%M} UTC, where some "
                f"{gap.expected} events "
                "would be usual",
                (("since", gap.since.isoformat()), ("until", gap.until.isoformat())),
                "Find out whether export was off, a file is missing, or somebody took it out; ask the provider for "
                "its copy.",
                mark=f"gap {gap.since:%Y%m%dT%H%M}",
            )
        )
    lost = trail.losses
    if lost.id_reused:
        report.violated(
            _of_trail(
                ground,
                trail,
                f"has {lost.id_reused} events under an audit id that another event has with other words: somebody "
                "chose ids, or "
                "changed a copy",
                (("id_reused", str(lost.id_reused)),),
                "Compare with the provider's copy; demarc events query reused-ids lists them.",
                mark="reused",
                severity=Severity.HIGH,
            )
        )
    if lost.unanswered >= 10 and lost.unanswered * 1000 > trail.requests:
        report.violated(
            _of_trail(
                ground,
                trail,
                f"has {lost.unanswered} requests without an answer: records were lost, or the API server fell",
                (("unanswered", str(lost.unanswered)),),
                "Look at the export's own errors and at restarts of the API server.",
                mark="unanswered",
            )
        )
    if lost.truncated:
        report.violated(
            _of_trail(
                ground,
                trail,
                f"has {lost.truncated} records that were cut on the way; low, because who did what is still in them",
                (("truncated", str(lost.truncated)),),
                "Ship the log by a way that takes records of 256 KB and more.",
                mark="cut",
                severity=Severity.LOW,
            )
        )


def _of_trail(
    ground: Ground,
    trail: TrailFacts,
    says: str,
    fields: Iterable[tuple[str, str]],
    fix: str,
    *,
    mark: str,
    severity: Severity | None = None,
) -> Found:
    return Found(
        object=ObjectRef(kind="AuditTrail", name=trail.origin),
        scope=ground.cluster,
        says=says,
        fields=tuple(FieldSeen(path=path, value=value) for path, value in fields),
        fix=Fix(says=fix),
        mark=mark,
        severity=severity,
        evidence=(Evidence(says=f"{trail.origin} {says}", grade=Grade.ANSWERED),),
    )


CHECKS: tuple[Check, ...] = (
    Check("DM-LOG-001", _export),
    Check("DM-LOG-002", _retention),
    Check("DM-LOG-003", _whole),
)
