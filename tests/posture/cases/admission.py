"""Cases of checks of admission."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from msgspec.structs import replace

from demarc.model.errors import Where
from demarc.model.evidence import GapReason
from demarc.model.posture import Outcome
from demarc.model.register import ExceptionEntry, Register, Selector
from demarc.model.time import Period
from demarc.testing import a_container, a_deployment, a_namespace, a_node, a_pod, an_object, managed_by
from tests.posture.cases.pod_running import DELIVERS, _made, _trail
from tests.posture.given import AT, BASE, Case, Object

VIOLATED, HOLDS, UNKNOWN = Outcome.VIOLATED, Outcome.HOLDS, Outcome.UNKNOWN
NOT_HERE = Outcome.NOT_APPLICABLE
GROUP = "admissionregistration.k8s.io"
PSA = "pod-security.kubernetes.io"
NO_HOOKS = ((f"validatingwebhookconfigurations.{GROUP}", GapReason.FORBIDDEN),)
NO_MUTATING = ((f"mutatingwebhookconfigurations.{GROUP}", GapReason.FORBIDDEN),)
NO_NAMESPACES = (("namespaces", GapReason.FORBIDDEN),)
PODS = {"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"]}
ALL = {"operations": ["*"], "apiGroups": ["*"], "apiVersions": ["*"], "resources": ["*"]}
SELF_MANAGED = (a_namespace("shop"), a_namespace("kube-system"), a_node("n1", kubelet_version="v1.33.5"))


def _certificate(until: datetime) -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ca")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(until)
        .sign(key, hashes.SHA256())
    )
    return base64.b64encode(made.public_bytes(serialization.Encoding.PEM)).decode()


def _hook(kind: str = "Validating", name: str = "gate", config: str = "", **more: Any) -> Object:
    client = more.pop("client", {"service": {"name": name, "namespace": "guard"}})
    webhook = {"name": f"{name}.acme.example", "clientConfig": client, "rules": [PODS], "failurePolicy": "Fail", **more}
    return an_object(f"{GROUP}/v1", f"{kind}WebhookConfiguration", config or name, webhooks=[webhook])


def _behind(name: str = "gate", image: str = "registry.example/guard:1") -> tuple[Object, ...]:
    """The Service of a webhook, and a pod that answers."""
    spec = {"selector": {"app": name}, "ports": [{"port": 443}]}
    return (
        a_namespace("guard"),
        an_object("v1", "Service", name, namespace="guard", spec=spec),
        a_pod(f"{name}-1", "guard", labels={"app": name}, image=image),
    )


def _policy(failure: str = "Fail", actions: tuple[str, ...] = ("Deny",), **selectors: Any) -> tuple[Object, ...]:
    spec = {"failurePolicy": failure, "matchConstraints": {"resourceRules": [PODS], **selectors}}
    bound = {"policyName": "no-root", "validationActions": list(actions)}
    return (
        an_object(f"{GROUP}/v1", "ValidatingAdmissionPolicy", "no-root", spec=spec),
        an_object(f"{GROUP}/v1", "ValidatingAdmissionPolicyBinding", "no-root", spec=bound),
    )


def _kyverno(action: str) -> Object:
    rules = [{"name": "r", "validate": {"failureAction": action, "message": "no"}}]
    return an_object("kyverno.io/v1", "ClusterPolicy", "no-root", spec={"rules": rules})


def _space(**labels: str) -> Object:
    return a_namespace("shop", labels={f"{PSA}/{name.replace('_', '-')}": value for name, value in labels.items()})


def _exception(name: str = "legacy", notes: Object | None = None, **spec: Any) -> Object:
    given = {"exceptions": [{"policyName": "no-root", "ruleNames": ["r"]}], **spec}
    return an_object("kyverno.io/v2", "PolicyException", name, namespace="shop", annotations=notes, spec=given)


WRITTEN = {"owner": "web", "reason": "until it is replaced", "acme.example/expires": "2027-01-01"}
KYVERNO = a_deployment("kyverno", "guard", image="ghcr.io/kyverno/kyverno:v1.15.1")
SKIPS = an_object(
    "wgpolicyk8s.io/v1alpha2", "PolicyReport", "r", namespace="shop", results=[{"policy": "no-root", "result": "skip"}]
)
REGISTER = Register(
    exceptions=(
        ExceptionEntry(
            id="legacy",
            duties=("admission.policy",),
            scope=Selector(namespace="shop"),
            reason="r",
            owner="web",
            approved_by="security",
            period=Period(until=datetime(2026, 11, 1, tzinfo=UTC)),
            where=Where(file="register.yaml"),
        ),
    )
)


def _delivered(*entries: Object, **more: Any) -> Object:
    item = a_deployment(labels={"kustomize.toolkit.fluxcd.io/name": "shop"}, **more)
    if entries:
        item["metadata"]["managedFields"] = list(entries)
    return item


def _entry(manager: str, day: str, **more: Any) -> Object:
    return {**managed_by(manager, api_version="apps/v1", time=f"2026-{day}T10:00:00Z"), **more}


CHANGED = replace(_made("eve@acme.example", "app", "deployments"), group="apps", verb="patch")
GOOD = a_deployment(
    containers=[a_container(securityContext={"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}})],
    pod_spec={"securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}},
)
BAD = a_deployment(containers=[a_container(securityContext={"capabilities": {"add": ["CHOWN"]}})])
HOOK = "ValidatingWebhookConfiguration gate"
MUTATES = "MutatingWebhookConfiguration gate"
AWAY = {"url": "https://hooks.vendor.example/mutate"}

CASES = (
    Case(
        "DM-ADM-001",
        VIOLATED,
        (
            _hook(name="cert-manager-webhook", rules=[{**PODS, "resources": ["certificates"]}]),
            *_policy(actions=("Audit",)),
        ),
        on=("Cluster cluster",),
    ),
    Case(
        "DM-ADM-001",
        VIOLATED,
        (*_policy(actions=("Warn",)), _hook(rules=[{**PODS, "resources": ["certificates"]}]), _kyverno("Audit")),
        on=("Cluster cluster",),
        says="1 policies are there, and all of them only report",
    ),
    Case("DM-ADM-001", HOLDS, (_space(enforce="baseline"),)),
    Case("DM-ADM-001", HOLDS, _policy()),
    Case("DM-ADM-001", HOLDS, (_kyverno("Enforce"),)),
    Case("DM-ADM-001", HOLDS, (_hook(),), about="one of the customer's own that sees pods"),
    Case("DM-ADM-001", UNKNOWN, says="no validatingwebhookconfigurations"),
    Case("DM-ADM-002", VIOLATED, on=("Namespace shop",), says="enforces no Pod Security level"),
    Case("DM-ADM-002", VIOLATED, (_space(enforce="privileged"),), on=("Namespace shop",), says="the level privileged"),
    Case("DM-ADM-002", VIOLATED, (_space(enforce="strict"),), on=("Namespace shop",), about="no level that exists"),
    Case("DM-ADM-002", HOLDS, (_space(enforce="restricted"),)),
    Case(
        "DM-ADM-002",
        NOT_HERE,
        (
            an_object(
                "config.openshift.io/v1",
                "Infrastructure",
                "cluster",
                status={
                    "platformStatus": {
                        "type": "AWS",
                        "aws": {"resourceTags": [{"key": "red-hat-clustertype", "value": "rosa"}]},
                    }
                },
            ),
        ),
    ),
    Case("DM-ADM-002", UNKNOWN, gaps=NO_NAMESPACES, base=(_space(enforce="baseline"), *BASE[1:])),
    Case("DM-ADM-002", UNKNOWN, base=SELF_MANAGED, says="whether the API server sets a level"),
    Case(
        "DM-ADM-003",
        VIOLATED,
        (_space(enforce="baseline", warn="restricted"), a_deployment()),
        on=("Deployment shop/app",),
    ),
    Case(
        "DM-ADM-003",
        VIOLATED,
        (_space(audit="restricted"), BAD),
        on=("Deployment shop/app",),
        says="records in the audit trail",
    ),
    Case("DM-ADM-003", HOLDS, (_space(enforce="baseline", warn="restricted"), GOOD)),
    Case("DM-ADM-003", HOLDS, (_space(enforce="baseline", warn="baseline"), BAD), about="it warns of no more"),
    Case(
        "DM-ADM-003",
        HOLDS,
        (
            _space(warn="baseline", warn_version="v1.33"),
            a_deployment(containers=[a_container(livenessProbe={"httpGet": {"host": "10.0.0.1", "port": 1}})]),
        ),
        about="the control is later than the version",
    ),
    Case("DM-ADM-003", UNKNOWN, (_space(warn="baseline"), GOOD), gaps=(("pods", GapReason.FORBIDDEN),)),
    Case("DM-ADM-004", VIOLATED, (_hook(failurePolicy="Ignore"), _hook("Mutating", "m")), on=(HOOK,)),
    Case(
        "DM-ADM-004",
        VIOLATED,
        (
            _hook(failurePolicy="Ignore", rules=[{**PODS, "resources": ["x"]}]),
            KYVERNO,
            *_behind(image="ghcr.io/kyverno/kyverno:v1.15.1"),
        ),
        on=(HOOK,),
        about="an engine's",
    ),
    Case(
        "DM-ADM-004",
        VIOLATED,
        (*_policy("Ignore"), _hook(), _hook("Mutating", "m")),
        on=("ValidatingAdmissionPolicy no-root",),
    ),
    Case(
        "DM-ADM-004", HOLDS, (_hook(), _hook("Mutating", "m", failurePolicy="Ignore"), *_policy("Ignore", ("Audit",)))
    ),
    Case(
        "DM-ADM-004",
        HOLDS,
        (_hook(config="vpc-resource-validating-webhook", failurePolicy="Ignore"), _hook("Mutating", "m")),
        about="the provider's",
    ),
    Case(
        "DM-ADM-004",
        HOLDS,
        (
            *(
                _hook(kind, config="flow.config.common-webhooks.networking.gke.io", failurePolicy="Ignore")
                for kind in ("Validating", "Mutating")
            ),
            a_node("n1", provider_id="gce://acme/europe-west1-b/n1", kubelet_version="v1.33.5-gke.1080000"),
        ),
        about="GKE's own",
    ),
    Case("DM-ADM-004", UNKNOWN, (_hook(), _hook("Mutating", "m")), gaps=NO_HOOKS),
    Case(
        "DM-ADM-005",
        VIOLATED,
        (
            _hook(objectSelector={"matchExpressions": [{"key": "skip", "operator": "DoesNotExist"}]}),
            _hook("Mutating", "m"),
        ),
        on=(HOOK,),
        says="whoever makes an object gets past it by the label skip",
    ),
    Case(
        "DM-ADM-005",
        VIOLATED,
        (_hook(namespaceSelector={"matchLabels": {"checked": "yes"}}), _hook("Mutating", "m")),
        on=(HOOK,),
        says="it is not asked about shop",
    ),
    Case(
        "DM-ADM-005",
        VIOLATED,
        (
            _hook(
                namespaceSelector={
                    "matchExpressions": [
                        {"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": ["kube-system", "guard"]}
                    ]
                }
            ),
            _hook("Mutating", "m"),
            *_behind(),
        ),
        on=(HOOK,),
        says="kube-system, where pods have the platform's accounts",
    ),
    Case(
        "DM-ADM-005",
        VIOLATED,
        (*_policy(objectSelector={"matchLabels": {"a": "b"}}), _hook(), _hook("Mutating", "m")),
        on=("ValidatingAdmissionPolicy no-root",),
    ),
    Case("DM-ADM-005", HOLDS, (_hook(), _hook("Mutating", "m"))),
    Case(
        "DM-ADM-005",
        UNKNOWN,
        (_hook(matchConditions=[{"name": "not-us", "expression": "true"}]), _hook("Mutating", "m")),
        says="not-us",
    ),
    Case(
        "DM-ADM-006",
        VIOLATED,
        (_hook("Mutating", rules=[{**PODS, "resources": ["secrets"]}], client=AWAY),),
        on=(MUTATES,),
        says="hooks.vendor.example",
    ),
    Case(
        "DM-ADM-006",
        VIOLATED,
        (_hook("Mutating", rules=[ALL]), *_behind(image="hashicorp/vault-k8s:1.7")),
        on=(MUTATES,),
        says="made by HashiCorp",
    ),
    Case("DM-ADM-006", HOLDS, (_hook("Mutating", rules=[ALL]), *_behind()), about="one of the house"),
    Case("DM-ADM-006", HOLDS, (_hook("Mutating", client=AWAY),), about="it sees pods alone"),
    Case("DM-ADM-006", UNKNOWN, gaps=NO_MUTATING),
    Case(
        "DM-ADM-007",
        VIOLATED,
        (_hook(), _hook("Mutating", "m", client=AWAY), an_object("v1", "Service", "x", namespace="shop", spec={})),
        on=(HOOK,),
        says="does not exist; so it refuses",
    ),
    Case(
        "DM-ADM-007",
        VIOLATED,
        (_hook(failurePolicy="Ignore"), _hook("Mutating", "m", client=AWAY), *_behind()[:2], a_pod("x")),
        on=(HOOK,),
        says="no pod that runs is behind its Service guard/gate; so it lets everything in",
    ),
    Case(
        "DM-ADM-007",
        VIOLATED,
        (
            _hook(client={**AWAY, "caBundle": _certificate(AT - timedelta(days=9))}),
            _hook("Mutating", "m", client=AWAY),
            *_behind(),
        ),
        on=(HOOK,),
        says="ended on 2026-11-15",
    ),
    Case(
        "DM-ADM-007",
        HOLDS,
        (
            _hook(
                client={
                    "service": {"name": "gate", "namespace": "guard"},
                    "caBundle": _certificate(AT + timedelta(days=9)),
                }
            ),
            _hook("Mutating", "m", client=AWAY),
            *_behind(),
        ),
    ),
    Case(
        "DM-ADM-007", UNKNOWN, (_hook(), _hook("Mutating", "m", client=AWAY)), gaps=(("services", GapReason.FORBIDDEN),)
    ),
    Case(
        "DM-ADM-008",
        VIOLATED,
        (_exception(),),
        on=("PolicyException shop/legacy",),
        says="without owner, reason, expiry",
    ),
    Case(
        "DM-ADM-008",
        VIOLATED,
        (_exception(notes={"owner": "web"}, expiresAt="2027-01-01T00:00:00Z"),),
        on=("PolicyException shop/legacy",),
        says="without reason",
    ),
    Case(
        "DM-ADM-008",
        VIOLATED,
        (a_deployment(annotations={"kubescape.io/skip-controls": "C-0057", "kubescape.io/skip-reason": "old"}),),
        on=("Deployment shop/app",),
        says="without owner, expiry",
    ),
    Case(
        "DM-ADM-008",
        VIOLATED,
        (a_deployment(annotations={"polaris.fairwinds.com/hostPIDSet-exempt": "true"}),),
        on=("Deployment shop/app",),
    ),
    Case(
        "DM-ADM-008",
        VIOLATED,
        (
            an_object(
                "config.gatekeeper.sh/v1alpha1",
                "Config",
                "config",
                namespace="gatekeeper-system",
                spec={"match": [{"excludedNamespaces": ["shop", "kube-system"], "processes": ["*"]}]},
            ),
        ),
        on=("Config gatekeeper-system/config",),
        says="for namespaces shop",
    ),
    Case("DM-ADM-008", HOLDS, (_exception(notes=WRITTEN),)),
    Case("DM-ADM-008", HOLDS, (_exception(),), register=REGISTER, about="the register has it"),
    Case("DM-ADM-008", UNKNOWN, (KYVERNO,), says="no policyexceptions"),
    Case(
        "DM-ADM-009",
        VIOLATED,
        (_exception(expiresAt="2026-11-01T00:00:00Z"), SKIPS),
        on=("PolicyException shop/legacy",),
        says="reports still skip no-root",
    ),
    Case(
        "DM-ADM-009",
        VIOLATED,
        (_exception(),),
        register=REGISTER,
        on=("PolicyException shop/legacy",),
        says="ended on 2026-11-01",
    ),
    Case("DM-ADM-009", HOLDS, (_exception(notes=WRITTEN),)),
    Case("DM-ADM-009", HOLDS, (_exception(notes={"cleanup.kyverno.io/ttl": "24h"}),), about="the engine takes it away"),
    Case("DM-ADM-009", UNKNOWN, (_exception(notes={"expires": "soon"}),), says="cannot be read"),
    Case(
        "DM-ADM-010",
        VIOLATED,
        (_delivered(_entry("kustomize-controller", "01-02"), _entry("kubectl-edit", "03-04")),),
        on=("Deployment shop/app",),
        says="kubectl-edit wrote into it on 2026-03-04",
    ),
    Case(
        "DM-ADM-010",
        VIOLATED,
        (_delivered(),),
        trail=_trail(CHANGED),
        register=DELIVERS,
        on=("Deployment shop/app",),
        says="eve@acme.example made patch",
    ),
    Case(
        "DM-ADM-010",
        HOLDS,
        (_delivered(_entry("kubectl-client-side-apply", "01-01"), _entry("kustomize-controller", "01-02")),),
        about="it was taken over afterwards",
    ),
    Case(
        "DM-ADM-010",
        HOLDS,
        (_delivered(_entry("kustomize-controller", "01-02"), _entry("kubectl-scale", "03-04", subresource="scale")),),
        about="scaling is not delivery's",
    ),
    Case("DM-ADM-010", UNKNOWN, (_delivered(),), says="neither managedFields nor an audit trail"),
)
