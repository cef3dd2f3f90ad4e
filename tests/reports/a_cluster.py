"""An invented firm, its teams and its cluster: what the assessments of these tests are made of."""

from __future__ import annotations

from demarc.model.assessment import Holder, RowBasis
from demarc.model.boundary import Basis, Confidence, Party, SourceDocument
from demarc.model.duties import Duty, Layer, Plane, Stage, Unit
from demarc.model.evidence import Evidence, Grade
from demarc.model.inventory import Component, Installer, Management, Pool

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


COMPONENTS = """
argo-cd|Argo CD|delivery_controller|edge|customer|gitops|3|Application argo-cd owns it
aws-ebs-csi-driver|EBS CSI driver|csi_driver|kube-system|provider|provider-addon|4|describe-addon lists it
aws-node|Amazon VPC CNI|cni|kube-system|provider|provider-addon|4|describe-addon lists it
cert-manager|cert-manager|component|edge|customer|helm|3|Helm release secret
coredns|CoreDNS|coredns|kube-system|provider|provider-addon|4|describe-addon lists it
eks-pod-identity-agent|Pod Identity agent|workload_identity|kube-system|provider|provider-addon|4|describe-addon
external-secrets|External Secrets|secret_operator|kube-system|customer|helm|1|label managed-by: Helm
falcon-sensor|CrowdStrike Falcon|runtime_sensor|kube-system|third_party|platform-operator|3|operator of the supplier
fluent-bit|Fluent Bit|logging_agent|kube-system|customer|helm|1|label managed-by: Helm
ingress-nginx|ingress-nginx|ingress_controller|edge|customer|helm|3|Helm release secret
karpenter|Karpenter|autoscaler|kube-system|customer|helm|3|Helm release secret
kube-proxy|kube-proxy|kube_proxy|kube-system|unknown|unknown|2|image of the provider's registry
kyverno|Kyverno|policy_engine|kube-system|customer|helm|3|Helm release secret
metrics-server|metrics-server|component|kube-system|customer|manifest|3|kubectl applied it
"""


def components() -> tuple[Component, ...]:
    found = []
    for line in COMPONENTS.strip().splitlines():
        name, title, kind, namespace, installer, management, grade, says = line.split("|")
        addon = Evidence(says="field manager 'eks' wrote it", grade=Grade.WRITTEN, source="s1")
        found.append(
            Component(
                id=name,
                name=name,
                title=title,
                kind=kind,
                namespace=namespace,
                objects=(f"Deployment/{namespace}/{name}",),
                versions=("1.2.3",),
                supplier="Amazon Web Services" if "aws" in name else f"{title} project",
                installer=Installer(installer),
                management=Management(management),
                evidence=(
                    Evidence(says=says, grade=Grade(int(grade)), source="s1"),
                    *((addon,) if installer == "provider" else ()),
                ),
                models=MODELS[1:],
                rivals=("kubectl last applied DaemonSet kube-proxy",) if name == "kube-proxy" else (),
            )
        )
    return tuple(found)


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
