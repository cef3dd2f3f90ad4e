"""Assessments built by hand: a realistic one, a small one for golden files, a hostile one and a large one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import msgspec

from demarc.model.assessment import (
    Ambiguity,
    Assessment,
    DutyEntry,
    FrameworkReference,
    Holder,
    MatrixRow,
    Reading,
    Separation,
    Status,
    Tally,
    ToDo,
)
from demarc.model.boundary import Party, SourceDocument
from demarc.model.duties import Duty, Layer, Unit
from demarc.model.evidence import Evidence, Gap, GapReason, Grade
from demarc.model.inventory import ClusterIdentity, Scope
from demarc.model.snapshot import Source, SourceKind
from demarc.reports.words import party_key
from tests.reports.a_cluster import (
    AT,
    MODELS,
    NAMESPACES,
    SOURCES,
    TEAMS,
    VOCABULARY,
    A,
    C,
    P,
    T,
    basis_of,
    components,
    duties,
    name_of,
    pools,
)

Place = tuple[Scope, str, Holder | None, tuple[str, ...]]
"""Scope, part, owner and models."""


def scopes_for(duty: Duty) -> list[Place]:
    """Scope, part, owner and models of every row of a duty."""
    holder = {name: TEAMS[team] if team else None for name, team in NAMESPACES.items()}
    if duty.per is Unit.CLUSTER:
        owner = TEAMS["security"] if duty.layer in (Layer.MONITORING, Layer.GOVERNANCE) else TEAMS["platform"]
        part = {"platform": "control_plane", "cluster": "control_plane"}.get(duty.layer, duty.layer.value)
        return [(Scope(kind=Unit.CLUSTER, name="harbour-prod"), part, owner, MODELS)]
    if duty.per is Unit.POOL:
        return [
            (Scope(kind=Unit.POOL, name=pool.name), "node_os", TEAMS["platform"], (pool.model,)) for pool in pools()
        ]
    if duty.per is Unit.COMPONENT:
        wanted = [
            item for item in components() if duty.id != "delivery.controllers" or item.kind == "delivery_controller"
        ]
        return [
            (Scope(kind=Unit.COMPONENT, name=item.id), item.kind, TEAMS["platform"], item.models) for item in wanted
        ]
    if duty.per is Unit.NAMESPACE:
        return [(Scope(kind=Unit.NAMESPACE, name=name), duty.layer.value, holder[name], MODELS) for name in NAMESPACES]
    if duty.per is Unit.PIPELINE:
        names = ("github.com/harbour/checkout", "github.com/harbour/infrastructure", "github.com/harbour/payments")
        return [(Scope(kind=Unit.PIPELINE, name=name), "pipeline", TEAMS["shop"], ()) for name in names]
    if duty.per is Unit.IDENTITY:
        people = [("User/ada.moreau@harbour.example", TEAMS["payments"]), ("User/old.admin", None)]
        accounts = [(f"{name}/ServiceAccount/deployer", holder[name]) for name in NAMESPACES]
        return [(Scope(kind=Unit.IDENTITY, name=name), "identity", owner, MODELS) for name, owner in people + accounts]
    return [
        (Scope(kind=Unit.WORKLOAD, name=f"{name}/Deployment/{kind}"), "workload", owner, MODELS)
        for name, owner in holder.items()
        for kind in ("api", "cache", "frontend", "ledger", "scheduler", "worker")
    ]


def party_of(duty: Duty, party: Party | None, place: Place) -> Party | None:
    scope, _, _, models = place
    if duty.id == "addon.rollout":
        installer = next(item.installer for item in components() if item.id == scope.name)
        return {"provider": P, "customer": C, "third_party": T, "unknown": A}[installer]
    if duty.layer is Layer.NODE and models == ("fargate",) and duty.id != "node.forensics":
        return P
    return party


def standing(duty: Duty, party: Party | None, scope: Scope, owner: Holder | None) -> tuple[Status, str]:
    """Status and remark."""
    fixed = {None: Status.UNCOVERED, A: Status.AMBIGUOUS, P: Status.PROVIDER}
    if party in fixed:
        return fixed[party], ""
    if duty.id == "node.metadata":
        return Status.UNKNOWN, "The launch template was not given, so the hop limit is not known."
    if owner is None:
        return Status.UNOWNED, ""
    if owner is TEAMS["gone"]:
        return Status.LAPSED, "Team legacy has had no member since 2026-06-30."
    if duty.id == "network.exposure" and scope.name == "checkout":
        return Status.CONFLICT, "Two assignments name it."
    return (Status.OVERDUE if duty.id == "identity.access-review" else Status.ASSIGNED), ""


def row_of(duty: Duty, usual: Party | None, place: Place) -> MatrixRow:
    scope, part, owner, models = place
    party = party_of(duty, usual, place)
    status, remark = standing(duty, party, scope, owner)
    held = owner if status in {Status.ASSIGNED, Status.OVERDUE, Status.LAPSED} else None
    identity = held is not None and duty.layer is Layer.IDENTITY
    reviewed = held is not None and duty.id == "identity.access-review"
    pods = duty.id == "workload.pod-security"
    return MatrixRow(
        id=f"{duty.id}/{part}@{scope}" + (f"#{models[0]}" if len(models) == 1 else ""),
        duty=duty.id,
        component=part,
        scope=scope,
        models=models,
        party=party,
        party_name=name_of(party, part),
        basis=basis_of(duty.id, party, part),
        status=status,
        owner=held,
        owners_in_conflict=(TEAMS["shop"], TEAMS["payments"]) if status is Status.CONFLICT else (),
        approver=TEAMS["security"] if identity else None,
        reviewer=held if reviewed else None,
        review_every=90 if identity else None,
        last_review="2026-06-01" if reviewed else None,
        last_reviewed_by="Noor Haddad" if reviewed else "",
        next_review="2026-08-30" if reviewed else None,
        exceptions=("EX-7",) if pods and scope.name.startswith("edge/") else (),
        expired_exceptions=("EX-2",) if pods and scope.name.startswith("staging/") else (),
        separation=(Separation(role="reviewer", says="The reviewer is the owner."),) if reviewed else (),
        remarks=(remark,) if remark else (),
    )


def ambiguities(rows: Iterable[MatrixRow]) -> tuple[Ambiguity, ...]:
    found: dict[str, list[MatrixRow]] = {}
    for row in rows:
        if row.status is Status.AMBIGUOUS:
            found.setdefault(row.duty, []).append(row)
    return tuple(
        Ambiguity(
            id=f"{name}/{of[0].component}",
            duty=name,
            component=of[0].component,
            kind="installer-unknown" if name.startswith("addon") else "silence" if "node" in name else "contradiction",
            question=f"Who performs {name} on this cluster?",
            readings=(
                Reading(
                    party=P,
                    says="It is part of the control plane, which the provider runs.",
                    who="Amazon EKS user guide, Security in Amazon EKS",
                    source="eks_srm",
                ),
                Reading(
                    party=C,
                    says="The provider names no date and no way; whoever needs the date has to ask for it.",
                    who="Best practices guide, by its silence",
                    source="eks_bp",
                ),
            ),
            scopes=tuple(row.scope for row in of),
            rows=tuple(row.id for row in of),
            settle="Ask the provider in writing, and record the answer as a contract term in the register.",
            letter=""
            if name.startswith("addon")
            else (
                "Subject: Responsibility for a duty on our cluster harbour-prod\n\nDear support team,\n\n"
                f"we run harbour-prod on Amazon EKS. Your pages do not say who performs {name}. "
                "Please confirm in writing whether you perform it, from when, and on which clause we may rely.\n\n"
                "Kind regards"
            ),
        )
        for name, of in found.items()
    )


def tally(rows: tuple[MatrixRow, ...], layers: dict[str, str]) -> Tally:
    by_layer: dict[str, Counter[str]] = {}
    for row in rows:
        by_layer.setdefault(layers[row.duty], Counter())[party_key(row.party, row.status)] += 1
    owners = Counter(row.owner.name for row in rows if row.owner)
    return Tally(
        rows=len(rows),
        by_party=dict(Counter(party_key(row.party, row.status) for row in rows)),
        by_status=dict(Counter(row.status.value for row in rows)),
        by_layer={layer: dict(found) for layer, found in by_layer.items()},
        by_owner=dict(owners.most_common()),
    )


def an_assessment(rows: tuple[MatrixRow, ...], names: Iterable[str] | None = None) -> Assessment:
    """An assessment around rows; ``names`` limits its duties."""
    known = duties()
    wanted = list(known if names is None else names)
    entries = tuple(
        DutyEntry(
            duty=known[name][0],
            frameworks=(
                FrameworkReference(framework="nist-800-53", version="5.2.0", ids=("AC-2", "AC-6")),
                FrameworkReference(framework="nist-csf", version="2.0", ids=("GV.RR-02",)),
            ),
        )
        for name in wanted
    )
    return Assessment(
        format="demarc.assessment/1",
        version="0.1.0",
        at=AT,
        at_basis="given with --at",
        taken_at="2026-11-19T22:14:03Z",
        cluster=ClusterIdentity(
            name="harbour-prod",
            provider="eks",
            identified=True,
            evidence=(
                Evidence(says="describe-cluster answered for harbour-prod", grade=Grade.ANSWERED, source="s2"),
                Evidence(says="providerID of 8 nodes names aws", grade=Grade.WRITTEN, source="s1"),
            ),
            version="1.33",
            account="210987654321",
            region="eu-central-1",
        ),
        models=MODELS,
        inputs=(
            Source(
                id="s1", origin="dump/all.json", kind=SourceKind.DUMP, shape="v1 List", sha256="3f" * 32, size=8_413_226
            ),
            Source(
                id="s2",
                origin="cloud/describe-cluster.json",
                kind=SourceKind.CLOUD,
                shape="aws eks describe-cluster",
                sha256="a7" * 32,
                size=4_120,
            ),
        ),
        register="register (sha256 9c41d0e2)",
        gaps=(
            Gap(
                what="secrets",
                reason=GapReason.FORBIDDEN,
                detail="403: cannot list resource secrets at the cluster scope",
                source="s1",
                todo="Grant list on secrets (metadata only), see demarc rbac-needed.",
            ),
            Gap(
                what="ec2.launchTemplateVersion",
                reason=GapReason.NOT_GIVEN,
                detail="the node group general uses a launch template",
                todo="Add the output of aws ec2 describe-launch-template-versions.",
            ),
        ),
        warnings=("kube-proxy: the evidence points to two installers.",),
        pools=pools(),
        components=components(),
        duties=entries,
        matrix=rows,
        ambiguities=ambiguities(rows),
        sources=SOURCES,
        tally=tally(rows, {entry.duty.id: entry.duty.layer.value for entry in entries}),
        todo=(
            ToDo(
                title="Name an owner for the namespaces fulfilment and staging",
                why="No assignment, label or file names anybody for them.",
                command="demarc register init --only namespace:fulfilment,namespace:staging",
                rows=96,
            ),
            ToDo(
                title="Hand over what Legacy systems held",
                why="The team has had no member since 2026-06-30.",
                command="$EDITOR register/assignments.yaml",
                rows=48,
            ),
            ToDo(
                title="Review granted access in 7 namespaces",
                why="The last review is 172 days old; the cadence is 90 days.",
                command="demarc explain identity.access-review",
                rows=7,
            ),
            ToDo(
                title="Give the launch templates of the node groups",
                why="Whether pods reach the metadata service hangs on the hop limit.",
                command="aws ec2 describe-launch-template-versions --output json > cloud/launch-templates.json",
                rows=2,
            ),
            ToDo(
                title="Ask Amazon Web Services about the cluster CA",
                why="Their pages contradict each other.",
                command="demarc explain platform.cluster-ca",
                rows=1,
            ),
        ),
        vocabulary=VOCABULARY,
    )


def a_report() -> Assessment:
    """The realistic one: some 60 workloads in 10 namespaces, 3 pools, 14 components, every status and party."""
    rows = tuple(row_of(duty, party, place) for duty, party in duties().values() for place in scopes_for(duty))
    return an_assessment(rows)


SMALL = (
    "platform.etcd",
    "platform.cluster-ca",
    "platform.staff-access",
    "node.patching",
    "node.metadata",
    "identity.access-review",
    "network.exposure",
    "supply.pipeline-trust",
    "monitoring.log-retention",
)


def a_small_report() -> Assessment:
    """A few duties: small enough to be read as a golden file."""
    known = duties()
    rows = tuple(
        row_of(known[name][0], known[name][1], place) for name in SMALL for place in scopes_for(known[name][0])
    )
    return an_assessment(rows, SMALL)


HOSTILE = (
    "</script><script>window.pwned=1</script>",
    "<img src=x onerror=window.pwned=1>",
    "\x1b[31mred\x1b[0m\x1b]0;title\x07",
    "pay\u202estnem\u202c",
    "[bold red]markup[/] [link=https://evil.example]x[/link]",
    '=HYPERLINK("https://evil.example","x")',
    "\"quoted\" 'and' `ticked`, with, commas",
    "line\r\nbreak\tand tab\u2028separator",
    "x" * 300,
    "{{ 7 * 7 }}{% raw %}",
    "javascript:window.pwned=1",
    "zero\u200bwidth\ufeff",
    "\udc80surrogate",
)


def a_hostile_report() -> Assessment:
    """The small one with a hostile name wherever input writes one."""
    plain = a_small_report()
    evil = " ".join(HOSTILE[:4])
    rows = list(plain.matrix)
    template = next(row for row in rows if row.duty == "identity.access-review" and row.owner)
    assert template.owner is not None
    for name in HOSTILE:
        holder = msgspec.structs.replace(template.owner, id=name, name=name, contact=name, people=(name,), basis=name)
        rows.append(
            msgspec.structs.replace(
                template,
                id=f"identity.access-review/identity@namespace:{name}",
                scope=Scope(kind=Unit.NAMESPACE, name=name),
                owner=holder,
                party_name=name,
                remarks=(name,),
                exceptions=(name,),
                separation=(Separation(role="reviewer", says=name),),
                models=(name,),
            )
        )
    report = an_assessment(tuple(rows), SMALL)
    return msgspec.structs.replace(
        report,
        cluster=msgspec.structs.replace(report.cluster, name=evil, version=evil, account=evil, rivals=(evil,)),
        register=evil,
        warnings=HOSTILE,
        inputs=tuple(msgspec.structs.replace(source, origin=evil, shape=evil) for source in report.inputs),
        gaps=tuple(msgspec.structs.replace(gap, what=evil, detail=evil, todo=evil) for gap in report.gaps),
        pools=tuple(msgspec.structs.replace(pool, name=evil, node_names=HOSTILE) for pool in report.pools),
        components=tuple(
            msgspec.structs.replace(item, title=evil, namespace=evil, versions=HOSTILE, rivals=HOSTILE)
            for item in report.components
        ),
        sources=(*report.sources, SourceDocument(id="evil", url="javascript:window.pwned=1", date=evil, kind=evil)),
        todo=tuple(msgspec.structs.replace(item, title=evil, why=evil, command=evil) for item in report.todo),
        ambiguities=tuple(
            msgspec.structs.replace(item, question=evil, settle=evil, letter=evil) for item in report.ambiguities
        ),
    )


def a_large_report(rows: int) -> Assessment:
    """About ``rows`` rows over many workloads, with an owner basis of its own per workload."""
    known = duties()
    workload_duties = [duty for duty, _ in known.values() if duty.per is Unit.WORKLOAD]
    found = list(a_report().matrix)
    basis = {duty.id: basis_of(duty.id, C, "workload") for duty in workload_duties}
    teams = list(TEAMS.values())
    number = 0
    while len(found) < rows:
        namespace, name = f"team-{number % 200:03d}", f"service-{number:06d}"
        owner = None
        if number % 7:
            label = f"label team of Deployment {namespace}/{name}"
            owner = msgspec.structs.replace(teams[number % 5], basis=label) if number % 3 else teams[number % 5]
        scope = Scope(kind=Unit.WORKLOAD, name=f"{namespace}/Deployment/{name}")
        found.extend(
            MatrixRow(
                id=f"{duty.id}/workload@{scope}",
                duty=duty.id,
                component="workload",
                scope=scope,
                models=MODELS,
                party=C,
                party_name="",
                basis=basis[duty.id],
                status=Status.ASSIGNED if owner else Status.UNOWNED,
                owner=owner,
            )
            for duty in workload_duties
        )
        number += 1
    found.sort(key=lambda row: (row.duty, row.component, row.scope))
    return an_assessment(tuple(found))
