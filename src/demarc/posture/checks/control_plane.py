"""Checks of the control plane as the provider describes it: who reaches it, what is encrypted, what is not yours.

Field names are those of the providers' own describe answers. Where a provider leaves a setting to nobody, the check
says so instead of failing. Who logs in, nodes, versions and logs are other modules' matter.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from ipaddress import ip_network
from typing import Final

from demarc.collect.certificates import certificates_in
from demarc.inventory.records import dig, texts, words
from demarc.model.posture import FieldSeen, Fix, Found, ObjectRef, Severity
from demarc.posture.checks.described import Described, ask_cluster, cluster_record, when
from demarc.posture.ground import Ground
from demarc.posture.interface import Check, Report

WIDEST: Final = 8
"""Prefix length below which a network of addresses is no limit: 0.0.0.0/1 and 128.0.0.0/1 are everybody too."""
_EVERYBODY: Final = (
    "every address of the internet may knock at the API server; one stolen or forged credential is enough"
)


# DM-MCP-001


def _endpoint(ground: Ground, report: Report) -> None:
    ask_cluster(
        ground,
        report,
        {
            "eks": _eks_endpoint,
            "gke": _gke_endpoint,
            "aks": _aks_endpoint,
            "rosa": _rosa_endpoint,
            "aro": _aro_endpoint,
        },
    )


def wide(networks: Iterable[str]) -> tuple[str, ...]:
    """Networks that are as good as no limit."""
    return tuple(network for network in networks if _is_wide(network))


def _is_wide(network: str) -> bool:
    try:
        return ip_network(network.strip(), strict=False).prefixlen < WIDEST
    except ValueError:
        return False


def _eks_endpoint(it: Described) -> None:
    settings = "resourcesVpcConfig"
    if it.get(f"{settings}.endpointPublicAccess") is None:
        it.unseen(f"{settings}.endpointPublicAccess")
    elif it.true(f"{settings}.endpointPublicAccess"):
        networks = texts(it.get(f"{settings}.publicAccessCidrs"))
        if not networks or wide(networks):
            it.violated(
                f"the public endpoint is open to {', '.join(wide(networks)) or 'every address'}: {_EVERYBODY}",
                f"{settings}.endpointPublicAccess",
                f"{settings}.publicAccessCidrs",
                fix="Close the public endpoint, or limit it to the networks that people and pipelines come from.",
                command=f"aws eks update-cluster-config --name {it.record.name} --resources-vpc-config "
                "endpointPublicAccess=false,endpointPrivateAccess=true",
            )


def _gke_endpoint(it: Described) -> None:
    if it.true("controlPlaneEndpointsConfig.dnsEndpointConfig.allowExternalTraffic"):
        it.violated(
            "the DNS endpoint takes requests from every address; only IAM stands before it, which is why this is low",
            "controlPlaneEndpointsConfig.dnsEndpointConfig.allowExternalTraffic",
            fix="Limit it with VPC Service Controls, or switch external traffic off.",
            command=f"gcloud container clusters update {it.record.name} --no-enable-dns-access",
            severity=Severity.LOW,
            mark="dns",
        )
    ip = "controlPlaneEndpointsConfig.ipEndpointsConfig"
    closed = (
        it.get(f"{ip}.enabled") is False
        or it.get(f"{ip}.enablePublicEndpoint") is False
        or it.true("privateClusterConfig.enablePrivateEndpoint")
    )
    if closed:
        return
    old, new = "masterAuthorizedNetworksConfig", f"{ip}.authorizedNetworksConfig"
    at = new if it.get(new) is not None and it.get(old) is None else old
    blocks = it.get(f"{at}.cidrBlocks")
    networks = [words(block, "cidrBlock") for block in blocks] if isinstance(blocks, list) else []
    limit = f"gcloud container clusters update {it.record.name} --enable-master-authorized-networks "
    limit += "--master-authorized-networks NETWORKS"
    fix = "Use a private endpoint, or authorize only the networks that people and pipelines come from."
    if not it.true(f"{at}.enabled"):
        it.violated(f"authorized networks are off: {_EVERYBODY}", f"{at}.enabled", fix=fix, command=limit)
    elif wide(networks):
        says = f"authorized networks have {', '.join(wide(networks))}: {_EVERYBODY}"
        it.violated(says, f"{at}.cidrBlocks", fix=fix, command=limit)
    elif it.true(f"{at}.gcpPublicCidrsAccessEnabled"):
        it.violated(
            "every address of Google Cloud is authorized, that of other customers' machines and functions too; medium, "
            "because the rest of the internet is kept out",
            f"{at}.gcpPublicCidrsAccessEnabled",
            fix="Take the public addresses of Google Cloud out of the authorized networks.",
            command=f"gcloud container clusters update {it.record.name} --no-enable-google-cloud-access",
            severity=Severity.MEDIUM,
        )


def _aks_endpoint(it: Described) -> None:
    profile = "apiServerAccessProfile"
    if it.true(f"{profile}.enablePrivateCluster") or it.text("publicNetworkAccess").lower() == "disabled":
        return
    networks = texts(it.get(f"{profile}.authorizedIPRanges"))
    if not networks or wide(networks):
        it.violated(
            f"the API server is open to {', '.join(wide(networks)) or 'every address'}: {_EVERYBODY}",
            f"{profile}.enablePrivateCluster",
            f"{profile}.authorizedIPRanges",
            fix="Authorize only the networks that people and pipelines come from, or make the cluster private.",
            command=f"az aks update --name {it.record.name} --resource-group GROUP --api-server-authorized-ip-ranges "
            "NETWORKS",
        )


def _rosa_endpoint(it: Described) -> None:
    if it.get("api.listening") is None:
        it.unseen("api.listening")
    elif it.text("api.listening") != "internal" and not it.true("aws.private_link"):
        it.violated(
            f"the API listens outside: {_EVERYBODY}",
            "api.listening",
            "aws.private_link",
            fix="Make the API private, and reach it through the VPC.",
            command=f"rosa edit cluster --cluster {it.record.name} --private",
        )


def _aro_endpoint(it: Described) -> None:
    if not it.text("apiserverProfile.visibility"):
        it.unseen("apiserverProfile.visibility")
    elif it.text("apiserverProfile.visibility").lower() != "private":
        it.violated(
            f"the API server is public: {_EVERYBODY}",
            "apiserverProfile.visibility",
            fix="Visibility is chosen when a cluster is made: make the next one private, and move.",
        )


# DM-MCP-017


def _experimental(ground: Ground, report: Report) -> None:
    version = ground.inventory.cluster.version or ""
    if any(sign in version for sign in ("-alpha", "-beta", "-rc")):
        report.looked()
        report.violated(
            Found(
                object=ObjectRef(kind="Cluster", name=ground.inventory.cluster.name),
                scope=ground.cluster,
                says=f"the control plane runs {version}, a release before the release",
                fields=(FieldSeen(path="gitVersion", value=version),),
                fix=Fix(says="Move the workloads to a cluster of a released version."),
                mark="version",
            )
        )
    ask_cluster(
        ground,
        report,
        {
            "eks": _eks_experimental,
            "gke": _gke_experimental,
            "aks": _aks_experimental,
            "rosa": _rosa_experimental,
            "aro": "ARO has no channel of unreleased versions",
        },
    )


def _eks_experimental(it: Described) -> None:
    it.report.holds("EKS offers no alpha features of Kubernetes, and its version is a released one")


def _gke_experimental(it: Described) -> None:
    if it.true("enableKubernetesAlpha"):
        it.violated(
            "an alpha cluster: every alpha feature is on, no SLA, no upgrades, and it is deleted after 30 days",
            "enableKubernetesAlpha",
            fix="Move the workloads to a cluster without alpha features.",
            severity=Severity.HIGH,
            mark="alpha",
        )
    betas = texts(it.get("enableK8sBetaApis.enabledApis"))
    if betas:
        it.violated(
            f"{len(betas)} beta APIs are on: they may change or go with any version; low, because they are stable "
            "by then",
            "enableK8sBetaApis.enabledApis",
            fix="Leave beta APIs to test clusters.",
            severity=Severity.LOW,
            mark="beta",
        )
    if it.text("releaseChannel.channel").upper() == "RAPID":
        it.violated(
            "the Rapid channel gets versions first, and is outside of the SLA",
            "releaseChannel.channel",
            fix="Use the Regular or Stable channel for production.",
            command=f"gcloud container clusters update {it.record.name} --release-channel=regular",
            severity=Severity.LOW,
            mark="channel",
        )


def _aks_experimental(it: Described) -> None:
    it.report.holds("AKS turns no alpha features of Kubernetes on; its version is a released one")


def _rosa_experimental(it: Described) -> None:
    channel = it.text("version.channel_group") or it.text("channel_group")
    if not channel:
        it.unseen("version.channel_group")
    elif channel not in ("stable", "eus"):
        it.violated(
            f"the channel group is {channel}: its versions are for tests",
            "version.channel_group",
            fix="Use the channel group stable for production.",
        )


# DM-MCP-018


def _provider_only(ground: Ground, report: Report) -> None:
    if not ground.view.is_managed:
        report.not_applicable("nobody else runs this control plane: its settings are yours")
        return
    record = cluster_record(ground, report)
    if record is not None:
        _authority(Described(ground, report, record))
    proof = _proof(ground)
    if proof:
        report.looked()
        report.holds(proof)
        return
    report.unseen(
        "flags of the API server, scheduler and controller manager, settings of etcd",
        f"{ground.provider.upper()} runs them and shows them to nobody: no finding here is yours to mend",
        "ask the provider for its evidence (an audit report that covers CIS sections 1 and 2), and record it as a "
        "review of "
        "platform.control-plane",
    )


_AUTHORITIES: Final = ("certificateAuthority.data", "masterAuth.clusterCaCertificate")


def _authority(it: Described) -> None:
    """The cluster's certificate authority is public, and nobody but the provider can give it another key."""
    for path in _AUTHORITIES:
        for certificate in certificates_in(it.text(path)):
            it.report.looked()
            left = when(certificate.not_after)
            if left is not None and left - it.ground.at < timedelta(days=365):
                it.violated(
                    f"the cluster's certificate authority ends on {certificate.not_after[:10]}: who rotates it, and "
                    "what breaks "
                    "then, is to be settled with the provider in time",
                    fix="Ask the provider when it rotates the authority, and plan for clients that pin it.",
                    duty="platform.cluster-ca",
                    part="cluster_ca_rotation",
                    mark="authority",
                )


def _proof(ground: Ground) -> str:
    """A review on record, not older than a year, that says what the provider's evidence was."""
    known = [
        review
        for review in ground.register.reviews
        if {"platform.control-plane", "platform.*", "*"} & set(review.duties) and review.evidence
    ]
    fresh = [one for one in known if timedelta() <= ground.at - one.on <= timedelta(days=365)]
    if not fresh:
        return ""
    last = max(fresh, key=lambda one: one.on)
    return f"{last.by} reviewed the provider's evidence on {last.on.date()}: {last.evidence}"


# DM-SEC-005


def _encryption(ground: Ground, report: Report) -> None:
    ask_cluster(
        ground,
        report,
        {
            "eks": _eks_encryption,
            "gke": _gke_encryption,
            "aks": _aks_encryption,
            "rosa": _rosa_encryption,
            "aro": _aro_encryption,
        },
    )


def _eks_encryption(it: Described) -> None:
    configs = it.get("encryptionConfig")
    for config in configs if isinstance(configs, list) else ():
        if "secrets" in texts(dig(config, "resources")) and words(config, "provider.keyArn"):
            return
    envelope = _minor(it.text("version")) >= (1, 28)
    it.violated(
        "Secrets are encrypted with a key that AWS owns: nobody here can see its use or take it away; medium, "
        "because from "
        "1.28 on they are encrypted at all"
        if envelope
        else "Secrets are not envelope-encrypted: whoever reads the storage of etcd or its backup reads them",
        "encryptionConfig",
        "version",
        fix="Give the cluster a KMS key for Secrets, then write every Secret anew; it cannot be taken off again.",
        command=f"aws eks associate-encryption-config --cluster-name {it.record.name} --encryption-config "
        '\'[{"resources":["secrets"],"provider":{"keyArn":"KEY_ARN"}}]\'',
        severity=Severity.MEDIUM if envelope else None,
    )


def _minor(version: str) -> tuple[int, int]:
    major, _, minor = version.removeprefix("v").partition(".")
    number = minor.partition(".")[0].rstrip("+")
    return (int(major), int(number)) if major.isdigit() and number.isdigit() else (0, 0)


def _gke_encryption(it: Described) -> None:
    if it.text("databaseEncryption.state") not in ("ENCRYPTED", "ALL_OBJECTS_ENCRYPTION_ENABLED"):
        it.violated(
            "Secrets are encrypted with a key that Google owns: nobody here can see its use or take it away; "
            "medium, because "
            "they are encrypted at all",
            "databaseEncryption.state",
            fix="Give the cluster a key of Cloud KMS for Secrets, then write every Secret anew.",
            command=f"gcloud container clusters update {it.record.name} --database-encryption-key KEY",
            severity=Severity.MEDIUM,
        )


def _aks_encryption(it: Described) -> None:
    if it.true("securityProfile.azureKeyVaultKms.enabled"):
        return
    it.violated(
        "Secrets are encrypted by Azure's storage alone, with a key of the platform: nobody here can see its use or "
        "take it away",
        "securityProfile.azureKeyVaultKms.enabled",
        fix="Switch on KMS with a key of your own vault, then write every Secret anew.",
        command=f"az aks update --name {it.record.name} --resource-group GROUP --enable-azure-keyvault-kms "
        "--azure-keyvault-kms-key-id KEY_ID",
        severity=Severity.MEDIUM,
    )


def _rosa_encryption(it: Described) -> None:
    if it.true("hypershift.enabled"):
        if not it.text("aws.etcd_encryption.kms_key_arn"):
            it.violated(
                "etcd is encrypted with a key that is not yours: nobody here can see its use or take it away; "
                "medium, because "
                "it is encrypted at all",
                "aws.etcd_encryption.kms_key_arn",
                fix="The key is chosen when a cluster is made (--etcd-encryption-kms-arn): make the next one with "
                "yours.",
                severity=Severity.MEDIUM,
            )
    elif not it.true("etcd_encryption"):
        it.violated(
            "etcd is not encrypted: whoever reads its storage or backup reads the Secrets",
            "etcd_encryption",
            fix="It is chosen when a cluster is made (--etcd-encryption): make the next one with it.",
        )


def _aro_encryption(it: Described) -> None:
    it.report.unseen(
        "spec.encryption.type of APIServer cluster",
        "the encryption of etcd is set in the cluster, and its description does not have it",
        "look at: oc get apiserver cluster -o jsonpath={.spec.encryption.type}",
    )


CHECKS: tuple[Check, ...] = (
    Check("DM-MCP-001", _endpoint),
    Check("DM-MCP-017", _experimental),
    Check("DM-MCP-018", _provider_only),
    Check("DM-SEC-005", _encryption),
)
