"""Assessments built by hand: a realistic one, a small one for golden files, a hostile one and a large one.

The firm, its people and its cluster are invented.
"""

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
    RowBasis,
    Separation,
    Status,
    Tally,
    ToDo,
)
from demarc.model.boundary import Basis, Confidence, Party, SourceDocument
from demarc.model.duties import Duty, Layer, Plane, Stage, Unit
from demarc.model.evidence import Evidence, Gap, GapReason, Grade
from demarc.model.inventory import ClusterIdentity, Component, Installer, Management, Pool, Scope
from demarc.model.snapshot import Source, SourceKind

AT = "2026-11-20T10:00:00Z"
MODELS = ("fargate", "managed_node_groups", "self_managed_nodes")
P, C, S, T, A, N = Party.PROVIDER, Party.CUSTOMER, Party.SHARED, Party.THIRD_PARTY, Party.AMBIGUOUS, None

DUTIES = """
platform.infrastructure     platform   runtime none     cluster   P Who secures the hardware under the nodes?
platform.control-plane      platform   runtime none     cluster   P Who runs and hardens the API server?
platform.control-plane-patch platform  runtime none     cluster   P Who brings fixes onto the running control plane?
platform.etcd               platform   runtime none     cluster   P Who operates and patches etcd?
platform.cluster-ca         platform   runtime cluster  cluster   A Who rotates the cluster CA before it ends?
platform.defaults           platform   deploy  none     cluster   S Who chooses the defaults, and who narrows them?
platform.audit-generation   platform   deploy  none     cluster   P Who makes the API server write an audit trail?
platform.staff-access       platform   runtime cluster  cluster   N Who records the provider's own access?
cluster.version             cluster    runtime none     cluster   C Who moves the cluster to a supported version?
cluster.endpoint            cluster    deploy  cluster  cluster   C Who limits the network reach of the API server?
cluster.authentication      cluster    deploy  cluster  cluster   C Who decides who can log in?
cluster.encryption          cluster    deploy  none     cluster   S Who turns on envelope encryption of Secrets?
cluster.audit-export        cluster    deploy  none     cluster   C Who makes the audit trail readable?
node.image                  node       build   none     pool      P Who builds patched node images?
node.patching               node       runtime none     pool      S Who gets them onto the running nodes?
node.hardening              node       deploy  none     pool      C Who keeps kubelet and operating system safe?
node.metadata               node       deploy  workload pool      C Who keeps pods away from the metadata service?
node.forensics              node       runtime none     pool      A Who can capture evidence from a node?
addon.fix                   addon      build   none     component T Who builds a fixed version of the component?
addon.rollout               addon      runtime none     component C Who rolls the fixed version out?
addon.privileges            addon      deploy  workload component C Who bounds the rights of its identity?
addon.configuration         addon      deploy  none     component C Who sets the component up safely?
identity.rbac               identity   deploy  cluster  namespace C Who writes RBAC with least privilege?
identity.service-accounts   identity   deploy  workload workload  C Who gives each workload its own service account?
identity.access-review      identity   runtime cluster  namespace C Who reviews granted access, and when?
identity.offboarding        identity   runtime cluster  identity  C Who removes identities whose person is gone?
secret.storage              secret     deploy  workload namespace C Who keeps secrets out of code and logs?
secret.rotation             secret     runtime workload identity  C Who rotates long-lived credentials?
admission.policy            admission  deploy  none     namespace C Who decides what may be admitted?
workload.pod-security       workload   deploy  workload workload  C Who runs containers without needless privilege?
workload.vulnerabilities    workload   build   none     workload  C Who fixes flaws in the application's own code?
network.exposure            network    deploy  none     namespace C Who decides what is reachable from outside?
network.segmentation        network    deploy  workload namespace C Who writes the rules between pods?
network.perimeter           network    deploy  none     cluster   C Who sets firewalls and routes around the nodes?
supply.source               supply     build   none     pipeline  C Who guards the repositories?
supply.pipeline-trust       supply     build   cluster  pipeline  T Who vets the build service and its steps?
supply.image-provenance     supply     build   none     workload  C Who ensures that what runs is what was built?
delivery.change-approval    delivery   deploy  cluster  namespace C Who approves changes, other than their author?
delivery.controllers        delivery   deploy  cluster  component C Who guards the delivery controllers?
monitoring.audit-review     monitoring runtime none     cluster   C Who watches the audit trail?
monitoring.log-retention    monitoring runtime none     cluster   C Who keeps the logs for long enough?
monitoring.runtime-detection monitoring runtime none    cluster   C Who detects attacks on running workloads?
response.platform           response   runtime none     cluster   P Who investigates when provider-run parts fall?
response.tenant             response   runtime none     namespace C Who contains a compromised pod or identity?
response.recovery           response   runtime none     workload  C Who backs up and restores application data?
governance.ownership        governance runtime none     cluster   C Who keeps the register of owners current?
governance.boundary         governance runtime none     cluster   C Who validates the boundary against the contract?
governance.suppliers        governance runtime none     cluster   C Who holds suppliers to their duties?
endpoint.devices            endpoint   runtime cluster  identity  C Who protects the machines of people with access?
"""

TEAMS = {
    "platform": Holder(
        id="platform",
        name="Platform engineering",
        contact="platform@harbour.example",
        people=("Ines Calder", "Tomas Wren"),
        basis="register/teams.yaml:4",
    ),
    "payments": Holder(
        id="payments",
        name="Payments",
        contact="#payments-oncall",
        people=("Ada Moreau", "Jun Park", "Leif Strand"),
        basis="register/teams.yaml:19",
    ),
    "security": Holder(
        id="security",
        name="Security",
        contact="security@harbour.example",
        people=("Noor Haddad",),
        basis="register/teams.yaml:31",
    ),
    "data": Holder(id="team-data", name="team-data", registered=False, basis="label team of Namespace analytics"),
    "shop": Holder(
        id="shop", name="Shop", contact="shop@harbour.example", people=("Mia Laurent",), basis="register/teams.yaml:44"
    ),
    "gone": Holder(id="legacy", name="Legacy systems", contact="", people=(), basis="register/teams.yaml:58"),
}

NAMESPACES = {
    "analytics": "data",
    "billing": "payments",
    "checkout": "shop",
    "edge": "platform",
    "fulfilment": "",
    "identity": "security",
    "kube-system": "platform",
    "legacy-erp": "gone",
    "payments": "payments",
    "staging": "",
}

SOURCES = (
    SourceDocument(
        id="eks_srm",
        url="https://docs.aws.amazon.com/eks/latest/userguide/security.html",
        date="2026-04-10",
        kind="responsibility_doc",
    ),
    SourceDocument(
        id="eks_addons",
        url="https://docs.aws.amazon.com/eks/latest/userguide/eks-add-ons.html",
        date=None,
        kind="product_doc",
    ),
    SourceDocument(
        id="eks_bp",
        url="https://docs.aws.amazon.com/eks/latest/best-practices/security.html",
        date="2026-05-04",
        kind="best_practice",
    ),
)

VOCABULARY = {
    "provider": {"csa_ssrm": "CSP-owned", "nist_800_53": "common (inheritable)", "oscal_export": "provided"},
    "customer": {"csa_ssrm": "CSC-owned", "nist_800_53": "system-specific", "oscal_export": "responsibility"},
    "shared": {"csa_ssrm": "Shared CSP and CSC", "nist_800_53": "hybrid"},
    "third_party": {"csa_ssrm": "Third-party outsourced"},
}


def duties() -> dict[str, tuple[Duty, Party | None]]:
    """The duties of the invented cluster, each with the party that the rows get unless said otherwise."""
    letters = {"P": P, "C": C, "S": S, "T": T, "A": A, "N": N}
    found = {}
    for line in DUTIES.strip().splitlines():
        name, layer, stage, plane, per, letter, question = line.split(maxsplit=6)
        duty = Duty(
            id=name, layer=Layer(layer), stage=Stage(stage), plane=Plane(plane), per=Unit(per), question=question
        )
        found[name] = (duty, letters[letter])
    return found


def pools() -> tuple[Pool, ...]:
    said = Evidence(says="describe-nodegroup answered for 'general'", grade=Grade.ANSWERED, source="s2")
    return (
        Pool(
            name="batch",
            model="self_managed_nodes",
            nodes=2,
            node_names=("ip-10-0-4-7", "ip-10-0-4-9"),
            evidence=(Evidence(says="nodes carry no label of a managed node group", grade=Grade.NAMED, source="s1"),),
        ),
        Pool(
            name="general",
            model="managed_node_groups",
            nodes=6,
            node_names=tuple(f"ip-10-0-1-{n}" for n in range(6)),
            evidence=(said,),
            record_kind="eks.nodegroup",
            record_name="general",
        ),
        Pool(
            name="jobs",
            model="fargate",
            nodes=9,
            node_names=tuple(f"fargate-10-0-2-{n}" for n in range(9)),
            evidence=(Evidence(says="providerID of the nodes names Fargate", grade=Grade.WRITTEN, source="s1"),),
        ),
    )


def component(
    name: str,
    title: str,
    kind: str,
    installer: Installer,
    management: Management,
    *evidence: tuple[str, Grade],
    rivals: tuple[str, ...] = (),
    namespace: str = "kube-system",
    version: str = "1.2.3",
    supplier: str = "",
) -> Component:
    return Component(
        id=name, name=name, title=title, kind=kind, namespace=namespace, objects=(f"Deployment/{namespace}/{name}",),
        versions=(version,), supplier=supplier, installer=installer, management=management,
        evidence=tuple(Evidence(says=says, grade=grade, source="s1") for says, grade in evidence),
        models=MODELS[1:], rivals=rivals,
    )  # fmt: skip


def components() -> tuple[Component, ...]:
    provider, customer, third, unknown = (
        Installer.PROVIDER,
        Installer.CUSTOMER,
        Installer.THIRD_PARTY,
        Installer.UNKNOWN,
    )
    addon, helm = Management.PROVIDER_ADDON, Management.HELM
    api = ("describe-addon lists it", Grade.ANSWERED)
    manager = ("field manager 'eks' wrote it", Grade.WRITTEN)
    chart = ("Helm release secret in its namespace", Grade.WRITTEN)
    label = ("label app.kubernetes.io/managed-by: Helm", Grade.NAMED)
    return tuple(sorted((
        component("aws-ebs-csi-driver", "EBS CSI driver", "csi_driver", provider, addon, api, manager, supplier="Amazon Web Services"),
        component("aws-node", "Amazon VPC CNI", "cni", provider, addon, api, manager, version="v1.19.0", supplier="Amazon Web Services"),
        component("coredns", "CoreDNS", "coredns", provider, addon, api, supplier="CoreDNS project", version="v1.11.3"),
        component("kube-proxy", "kube-proxy", "kube_proxy", unknown, Management.UNKNOWN, ("image of the provider's registry", Grade.BUILT), rivals=("kubectl last applied DaemonSet kube-proxy",)),
        component("cert-manager", "cert-manager", "component", customer, helm, chart, label, namespace="edge", supplier="cert-manager project"),
        component("ingress-nginx", "ingress-nginx", "ingress_controller", customer, helm, chart, namespace="edge", supplier="Kubernetes project"),
        component("argo-cd", "Argo CD", "delivery_controller", customer, Management.GITOPS, ("Application argo-cd owns it", Grade.WRITTEN), namespace="edge", supplier="Argo project"),
        component("fluent-bit", "Fluent Bit", "logging_agent", customer, helm, label, supplier="Fluent project"),
        component("karpenter", "Karpenter", "autoscaler", customer, helm, chart, supplier="Karpenter project"),
        component("kyverno", "Kyverno", "policy_engine", customer, helm, chart, supplier="Kyverno project"),
        component("external-secrets", "External Secrets", "secret_operator", customer, helm, label, supplier="External Secrets project"),
        component("falcon-sensor", "CrowdStrike Falcon sensor", "runtime_sensor", third, Management.OPERATOR, ("operator of the supplier reconciles it", Grade.WRITTEN), supplier="CrowdStrike"),
        component("eks-pod-identity-agent", "EKS Pod Identity agent", "workload_identity", provider, addon, api, supplier="Amazon Web Services"),
        component("metrics-server", "metrics-server", "component", customer, Management.MANIFEST, ("kubectl applied it", Grade.WRITTEN), supplier="Kubernetes project"),
    ), key=lambda item: item.id))  # fmt: skip


def basis_of(duty: str, party: Party | None, part: str) -> RowBasis | None:
    if party is None:
        return None
    row = f"eks/fargate,managed_node_groups,self_managed_nodes/{part}/{duty}"
    if duty == "monitoring.log-retention":
        return RowBasis(
            kind=Basis.CONTRACT, confidence=Confidence.HIGH, row="msa-2025", source=None,
            clause="Master services agreement 2025, clause 7.3", note="The integrator keeps the logs for 400 days.",
            replaced="customer, residual (eks_srm)",
        )  # fmt: skip
    if duty == "cluster.version":
        return RowBasis(
            kind=Basis.SPECIFIC, confidence=Confidence.HIGH, row=row, source="eks_srm",
            note="The provider upgrades by force only when support ends; the start of an upgrade is the customer's.",
            override="eks.cluster computeConfig.enabled = false: Auto Mode is off, so versions stay the customer's",
        )  # fmt: skip
    if party is A:
        return RowBasis(
            kind=Basis.INFERENCE, confidence=Confidence.LOW, row=row, source=None,
            other_sources=("eks_srm", "eks_bp"), note="The pages do not say it.",
        )  # fmt: skip
    if duty == "node.metadata":
        return RowBasis(
            kind=Basis.SPECIFIC, confidence=Confidence.MEDIUM, row=row, source="eks_bp", note="Hop limit and IMDSv2.",
            hangs_on=("ec2.launchTemplateVersion LaunchTemplateData.MetadataOptions.HttpPutResponseHopLimit",),
        )  # fmt: skip
    kind = Basis.SPECIFIC if party is P else Basis.RESIDUAL if party is C else Basis.GENERAL_CLAUSE
    confidence = Confidence.HIGH if party is P else Confidence.MEDIUM
    source = "eks_addons" if duty.startswith("addon") else "eks_srm"
    note = (
        "The page lists it under 'security of the cloud'."
        if party is P
        else "Nothing published claims it for the provider."
    )
    return RowBasis(kind=kind, confidence=confidence, row=row, source=source, note=note)


def name_of(party: Party | None, part: str) -> str:
    if party is P:
        return "Amazon Web Services"
    if party is T:
        return "GitHub" if part == "pipeline" else "upstream project"
    return ""


def scopes_for(duty: Duty) -> list[tuple[Scope, str, Holder | None, tuple[str, ...]]]:
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


def row_of(
    duty: Duty, party: Party | None, scope: Scope, part: str, owner: Holder | None, models: tuple[str, ...]
) -> MatrixRow:
    if duty.id == "addon.rollout":
        installer = next(item.installer for item in components() if item.id == scope.name)
        party = {"provider": P, "customer": C, "third_party": T, "unknown": A}[installer]
    if duty.layer is Layer.NODE and models == ("fargate",) and duty.id != "node.forensics":
        party = P
    status, remarks = Status.ASSIGNED, ()
    conflict: tuple[Holder, ...] = ()
    if party is None:
        status = Status.UNCOVERED
    elif party is A:
        status = Status.AMBIGUOUS
    elif party is P:
        status = Status.PROVIDER
    elif duty.id == "node.metadata":
        status, remarks = Status.UNKNOWN, ("The launch template was not given, so the hop limit is not known.",)
    elif owner is None:
        status = Status.UNOWNED
    elif owner is TEAMS["gone"]:
        status, remarks = Status.LAPSED, ("Team legacy has had no member since 2026-06-30.",)
    elif duty.id == "network.exposure" and scope.name == "checkout":
        status, conflict, remarks = Status.CONFLICT, (TEAMS["shop"], TEAMS["payments"]), ("Two assignments name it.",)
    elif duty.id == "identity.access-review":
        status = Status.OVERDUE
    held = owner if status in (Status.ASSIGNED, Status.OVERDUE, Status.LAPSED) else None
    mine = held is not None
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
        owners_in_conflict=conflict,
        approver=TEAMS["security"] if mine and duty.layer is Layer.IDENTITY else None,
        reviewer=held if mine and duty.id == "identity.access-review" else None,
        review_every=90 if duty.layer is Layer.IDENTITY and mine else None,
        last_review="2026-06-01" if duty.id == "identity.access-review" and mine else None,
        last_reviewed_by="Noor Haddad" if duty.id == "identity.access-review" and mine else "",
        next_review="2026-08-30" if duty.id == "identity.access-review" and mine else None,
        exceptions=("EX-7",) if duty.id == "workload.pod-security" and scope.name.startswith("edge/") else (),
        expired_exceptions=("EX-2",)
        if duty.id == "workload.pod-security" and scope.name.startswith("staging/")
        else (),
        separation=(Separation(role="reviewer", says="The reviewer is the owner."),)
        if mine and duty.id == "identity.access-review"
        else (),
        remarks=remarks,
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
        by_layer.setdefault(layers[row.duty], Counter())[row.party.value if row.party else "uncovered"] += 1
    owners = Counter(row.owner.name for row in rows if row.owner)
    return Tally(
        rows=len(rows),
        by_party=dict(Counter(row.party.value if row.party else "uncovered" for row in rows)),
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
    rows = tuple(row_of(duty, party, *place) for duty, party in duties().values() for place in scopes_for(duty))
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
        row_of(known[name][0], known[name][1], *place) for name in SMALL for place in scopes_for(known[name][0])
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
