"""Checks of machine credentials that the audit trail answers: whether they are used, from where, and by whom."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from ipaddress import ip_address

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.x509 import load_pem_x509_csr
from cryptography.x509.oid import NameOID

from demarc.access.techniques.containers import mounted_tokens
from demarc.access.techniques.pods import Running
from demarc.inventory.records import dig
from demarc.model.evidence import Evidence, Grade
from demarc.model.kubernetes import SigningRequest
from demarc.model.posture import Fix, Found, ObjectRef
from demarc.model.trail import ClientUse, IdentityUse, TrailFacts
from demarc.posture.checks.accounts import account_ref, of_account
from demarc.posture.checks.grants import command, shortened
from demarc.posture.checks.rbac_trail import GIVE_TRAIL, NO_TRAIL, usable
from demarc.posture.checks.workloads import of_workload, seen, unseen_workloads
from demarc.posture.granted import identity_name
from demarc.posture.ground import POD_SPECS, Ground
from demarc.posture.interface import Check, Report

_NODE = "system:node:"
_DESKTOP = re.compile(r"^(?:kubectl\S*/\S* \((?:darwin|windows)/|k9s\b|Lens\b|OpenLens\b|Mozilla/)", re.IGNORECASE)
"""User agents of people's own machines."""
_TOOL = re.compile(
    r"^(?:kubectl\S*/|curl/|Wget/|PostmanRuntime/|HTTPie/|python-requests/|python-urllib|Go-http-client/)",
    re.IGNORECASE,
)
"""What people type, and what they write in a hurry; a script in a pod does so too, with the pod's own token."""


def _idle_tokens(ground: Ground, report: Report) -> None:
    trail = usable(report, ground.trail)
    unseen_workloads(ground, report)
    if trail is None:
        return
    users: dict[tuple[str, str], list[Running]] = {}
    for running in ground.workloads:
        users.setdefault((running.namespace, running.account), []).append(running)
    for running in ground.workloads:
        if running.kind == "StaticPod" or not running.pods or not mounted_tokens(ground.view, running):
            continue
        report.looked()
        account = (running.namespace, running.account)
        answer = _calls(ground, trail, running, alone=len(users[account]) == 1)
        if answer is None:
            report.unseen(
                f"calls of {running.what}",
                f"others run as {'/'.join(account)}, and the trail does not tell their pods apart",
                "give it an account of its own",
            )
        elif not answer:
            window = f"from {trail.since:%Y-%m-%d} to {trail.until:%Y-%m-%d}"
            path = f"{POD_SPECS.get(running.kind, 'spec.template.spec')}.automountServiceAccountToken"
            fields = (seen(path, running.specs[0].automount_service_account_token if running.specs else None),)
            fix = Fix(says="Do not mount the token.", patch=_patch(running))
            says = f"has a token of {'/'.join(account)} in its files and did not call the API once {window}"
            report.violated(of_workload(ground, running, says, fields, fix))
    report.holds("whatever has a token calls the API")


def _patch(running: Running) -> str:
    keys = POD_SPECS.get(running.kind, "spec.template.spec").split(".")
    lines = [f"{'  ' * depth}{key}:" for depth, key in enumerate(keys)]
    return "\n".join((*lines, "  " * len(keys) + "automountServiceAccountToken: false"))


def _calls(ground: Ground, trail: TrailFacts, running: Running, *, alone: bool) -> bool | None:
    """Whether a workload's pods called the API; None where that cannot be told."""
    identity = trail.account(running.namespace, running.account)
    if identity is None:
        return None if trail.identities_left else False
    if alone:
        return True
    pods = {use.token_pod for use in identity.credentials}
    mine = {
        name
        for (space, name), one in ground.view.workloads.of_pod.items()
        if one is running and space == running.namespace
    }
    if not pods.isdisjoint(mine) or any(pod.startswith(f"{running.name}-") for pod in pods):
        return True
    told = "" not in pods and not identity.credentials_left and not trail.loses("token_pod")
    return False if told else None


def _outside(ground: Ground, report: Report) -> None:
    """Where nodes call from is inside; a client that nodes do not share, with an address of the internet, is not."""
    trail = ground.trail
    if trail is None:
        report.unseen("audit trail", NO_TRAIL, GIVE_TRAIL)
        return
    nodes = {
        address
        for identity in trail.identities
        if identity.user.startswith((_NODE, "system:kube-"))
        for client in identity.clients
        for address in (client.source_ip, client.peer_ip)
    }
    for identity in trail.identities:
        account = identity.service_account
        if account is None:
            continue
        report.looked()
        signs = list(dict.fromkeys(_signs(identity, nodes)))
        if not signs:
            continue
        how = shortened(signs, 3)
        report.violated(
            Found(
                object=of_account(account),
                scope=ground.identity(identity_name(account_ref(account))),
                says=f"ServiceAccount {'/'.join(account)} was used {how}; last on {identity.last:%Y-%m-%d}",
                fields=(
                    seen("audit: sourceIPs", shortened(identity.addresses, 6)),
                    seen("audit: userAgent", shortened(identity.agents, 4)),
                ),
                fix=Fix(
                    says="Find out who holds the credential. If nobody should, delete the account and make it anew, "
                    "which ends all its tokens; give pipelines and people a login of their own.",
                    command=command("describe", "serviceaccount", account[1], account[0]),
                ),
                component=ground.component_accounts.get(account, ""),
                evidence=(
                    Evidence(
                        says=f"{identity.requests} requests by {identity.user} in {trail.origin}, {how}",
                        grade=Grade.WRITTEN,
                    ),
                ),
            )
        )
    if trail.identities_left:
        report.unseen(
            "identities", f"{trail.identities_left} identities of the trail were not kept", "give a shorter trail"
        )
    report.holds("no service account was used by hand or from elsewhere in the trail")


def _signs(identity: IdentityUse, nodes: set[str]) -> Iterator[str]:
    loose = not identity.credentials or any(not use.token_pod for use in identity.credentials)
    for client in identity.clients:
        if _DESKTOP.match(client.agent) or (loose and _TOOL.match(client.agent)):
            yield f"by hand ({client.agent[:60]} from {client.source_ip})"
        elif _is_outside(client, nodes):
            yield f"from {client.peer_ip or client.source_ip}, where no node calls from"
    for use in identity.credentials:
        if use.token_pod and use.source_ips > 1:
            yield f"with a token of pod {use.token_pod} from {use.source_ips} addresses"


def _is_outside(client: ClientUse, nodes: set[str]) -> bool:
    address = client.peer_ip or client.source_ip
    try:
        return ip_address(address).is_global and not nodes.intersection((client.source_ip, client.peer_ip))
    except ValueError:
        return False


_CLIENT = "kubernetes.io/kube-apiserver-client"


def _people(ground: Ground, report: Report) -> None:
    told = set(_certificates_used(ground, report))
    for request in ground.snapshot.all("CertificateSigningRequest.certificates.k8s.io", SigningRequest):
        report.looked()
        if request.spec.signer_name != _CLIENT or not request.approved:
            continue
        asked_for = _name_in(request.spec.request)
        if not asked_for:
            report.unseen(f"name in CertificateSigningRequest {request.metadata.name}", "its request could not be read")
        elif _is_person(asked_for) and asked_for not in told:
            report.violated(_asked_for(ground, request, asked_for))
    for record in ground.view.records("gke.cluster"):
        report.looked()
        if dig(record.body, "masterAuth.clientCertificateConfig.issueClientCertificate") is True:
            report.violated(
                Found(
                    object=ObjectRef(kind="Record", name=f"gke.cluster/{record.name}"),
                    scope=ground.cluster,
                    says="GKE issued a client certificate with the cluster, which nobody can take back",
                    fields=(seen("masterAuth.clientCertificateConfig.issueClientCertificate", True),),
                    source=record.source,
                )
            )
    report.holds("nobody but the system signed in with a client certificate")


def _asked_for(ground: Ground, request: SigningRequest, name: str) -> Found:
    says = f"CertificateSigningRequest {request.metadata.name} is approved"
    return Found(
        object=ObjectRef(kind="CertificateSigningRequest", name=request.metadata.name),
        scope=ground.identity(f"User/{name}"),
        says=f"A client certificate for {name}, asked for by {request.spec.username}, was approved: "
        "it is believed until it ends, and nobody can take it back",
        fields=(seen("spec.signerName", request.spec.signer_name), seen("spec.username", request.spec.username)),
        evidence=(Evidence(says=says, grade=Grade.WRITTEN, source=request.source),),
        source=request.source,
    )


def _certificates_used(ground: Ground, report: Report) -> Iterator[str]:
    """Report whom the trail shows with a certificate; gives their names."""
    trail = ground.trail
    if trail is None:
        why = f"{NO_TRAIL}, and signing requests are gone an hour after their answer"
        report.unseen("audit trail", why, GIVE_TRAIL)
        return
    if trail.loses("credential_id"):
        why = "the trail does not show with what somebody signed in"
        report.unseen("credentials", why, "give one of the API server")
    for identity in trail.identities:
        report.looked()
        certificates = [use for use in identity.credentials if use.id.startswith("X509SHA256=")]
        if not certificates or not _is_person(identity.user):
            continue
        yield identity.user
        requests = sum(use.requests for use in certificates)
        report.violated(
            Found(
                object=ObjectRef(kind="User", name=identity.user),
                scope=ground.identity(f"User/{identity.user}"),
                says=f"{identity.user} signs in with a client certificate, last on "
                f"{max(use.last for use in certificates):%Y-%m-%d}",
                fields=(seen("audit: credential-id", certificates[0].id[:24]),),
                evidence=(Evidence(says=f"{requests} requests with one in {trail.origin}", grade=Grade.WRITTEN),),
            )
        )


def _name_in(request: str) -> str:
    """The common name that a request asks for; empty where it cannot be read."""
    try:
        asked = load_pem_x509_csr(base64.b64decode(request))
        names = asked.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return ""
    return str(names[0].value) if names else ""


def _is_person(name: str) -> bool:
    return bool(name) and not name.startswith("system:")


CHECKS: tuple[Check, ...] = (
    Check("DM-SA-002", _idle_tokens),
    Check("DM-SA-008", _outside),
    Check("DM-SA-009", _people),
)
