"""Certificates for any name, and nodes that join with a bootstrap token."""

from __future__ import annotations

from demarc.access.graph import GraphBuilder
from demarc.access.techniques import things
from demarc.access.techniques.grants import Writer
from demarc.access.techniques.rights import Claim, Held, evidence
from demarc.access.techniques.technique import Technique
from demarc.access.techniques.view import View, shown
from demarc.model.evidence import Evidence

_CSR = "certificatesigningrequests"
_GROUP = "certificates.k8s.io"
_SIGNERS = ("kubernetes.io/kube-apiserver-client", "kubernetes.io/*")
_BOOTSTRAP = "bootstrap.kubernetes.io/token"
_BOOTSTRAPPERS = "system:bootstrappers"
_EKS = "whether EKS signs client certificates of this signer has to be tried; its pages do not say"


def csr_mint(view: View, graph: GraphBuilder) -> None:
    """Rights to ask for a client certificate and to approve it. The signer refuses system:masters."""
    writer = Writer(view, graph, "CSR_MINT")
    asked = (f"create {_CSR}.{_GROUP}", f"update|patch {_CSR}/approval.{_GROUP}", f"approve signers.{_GROUP}")
    for claim in view.rights.claims(*asked, loose=True):
        if _signs(claim, 2):
            for target in (things.user(graph, things.ALL), things.group(graph, things.ALL)):
                unknown = _EKS if view.provider == "eks" else ""
                writer.edge(claim, target, "approving a client certificate in any name", unknown=unknown)


def csr_sign(view: View, graph: GraphBuilder) -> None:
    """Rights to write the certificate into a request. It helps who has the key of a trusted authority."""
    writer = Writer(view, graph, "CSR_SIGN")
    unknown = "whether the holder has the key of an authority that the API server trusts cannot be seen"
    for claim in view.rights.claims(f"update|patch {_CSR}/status.{_GROUP}", f"sign signers.{_GROUP}", loose=True):
        if _signs(claim, 1):
            for target in (things.user(graph, things.ALL), things.group(graph, things.ALL)):
                writer.edge(claim, target, "signing client certificates in any name", unknown=unknown)


def _signs(claim: Claim, number: int) -> bool:
    """Whether a claim holds in the cluster and for the signer of API clients."""
    names = claim.names[number]
    return not claim.namespace and (names is None or not set(_SIGNERS).isdisjoint(names))


def bootstrap_join(view: View, graph: GraphBuilder) -> None:
    """Bootstrap tokens to nodes of any name, where their group may ask for node certificates."""
    joins = _joins(view)
    unseen = view.rbac_unseen
    for secret in view.secrets.values():
        named = secret.metadata.namespace == "kube-system" and secret.metadata.name.startswith("bootstrap-token-")
        if secret.type not in (_BOOTSTRAP, "") or not named or (not joins and not unseen):
            continue
        unknown = "" if joins else unseen
        if "expiration" in secret.keys or not secret.keys:
            unknown = unknown or "when the token expires is not read: it may be over"
        graph.edge(
            "BOOTSTRAP_JOIN",
            things.secret(graph, "kube-system", secret.metadata.name),
            things.any_node(graph),
            scope=view.cluster,
            says=f"Secret {secret.key} lets a machine join as a node of any name",
            evidence=(shown(secret, f"type is {secret.type or 'not seen'}"), *joins[:1]),
            grants=(f"Secret {secret.key}",),
            unknown=unknown,
        )


def _joins(view: View) -> tuple[Evidence, ...]:
    """Rules by which bootstrap tokens may ask for node certificates and have them approved."""

    def given(text: str) -> list[Held]:
        return [
            held
            for held in view.rights.held(text)
            if not held.namespace
            and any(
                subject.kind == "Group" and subject.name.split(":node")[0].startswith(_BOOTSTRAPPERS)
                for subject in view.rights.subjects_of(held.bound)
            )
        ]

    asks, approved = given(f"create {_CSR}.{_GROUP}"), given(f"create {_CSR}/nodeclient.{_GROUP}")
    return tuple(evidence(held) for held in (*asks, *approved)) if asks and approved else ()


TECHNIQUES = (
    Technique("CSR_MINT", csr_mint),
    Technique("CSR_SIGN", csr_sign),
    Technique("BOOTSTRAP_JOIN", bootstrap_join),
)
