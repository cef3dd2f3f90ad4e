"""Checks of what Secrets hold, told by type, names of keys, shapes and keyed fingerprints: no value is ever at hand.

A cluster that was read with care (metadata alone) gives no fingerprints and no shapes: what hangs on them is then
unknown, and says what to give. Who uses a Secret is another module's matter.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Final

from demarc.collect.literals import CLOUD, HELM
from demarc.intake.masking import names_a_secret
from demarc.model.duties import Unit
from demarc.model.evidence import Evidence, Grade
from demarc.model.inventory import Scope
from demarc.model.kubernetes import ConfigMap, FluxSource, IssuedCertificate, KubeObject, Secret
from demarc.model.posture import FieldSeen, Fix, Found, ObjectRef, Severity
from demarc.posture.checks.described import when
from demarc.posture.checks.workloads import of_workload
from demarc.posture.ground import Ground
from demarc.posture.interface import Check, Report

PULL: Final = ("kubernetes.io/dockerconfigjson", "kubernetes.io/dockercfg")
HELM_RELEASE: Final = "helm.sh/release.v1"
TOKEN: Final = "kubernetes.io/service-account-token"  # noqa: S105 - a type of Secret
VALUES: Final = "give a dump that has Secrets: kubectl get secrets -A -o json (values become fingerprints at the door)"
_ARGO: Final = "argocd.argoproj.io/secret-type"
_ARGO_KEYS: Final = frozenset(
    {"password", "sshPrivateKey", "githubAppPrivateKey", "tlsClientCertKey", "bearerToken", "gcpServiceAccountKey"}
)
_AWS: Final = re.compile(r"(?:.*[_.-])?aws[_-]?(?:access[_-]?key[_-]?id|secret[_-]?access[_-]?key)", re.IGNORECASE)
_AZURE: Final = re.compile(r"(?:.*[_.-])?(?:azure|arm|aad)[_-]?client[_-]?secret", re.IGNORECASE)
_PUBLIC: Final = frozenset({"ca.crt", "tls.crt", "namespace", "service-ca.crt", "ca-bundle.crt"})
_SOON: Final = timedelta(days=30)
_SOON_RENEWED: Final = timedelta(days=10)
"""A controller renews weeks before the end: so near to it, it has failed."""

STORES: Final = (
    ("label", "reconcile.external-secrets.io/managed", "External Secrets"),
    ("annotation", "reconcile.external-secrets.io/data-hash", "External Secrets"),
    ("label", "secrets-store.csi.k8s.io/managed", "the Secrets Store CSI driver"),
    ("label", "secrets.hashicorp.com/vso-ownerRefUID", "the Vault Secrets Operator"),
)
"""Marks on a Secret whose value comes from a store outside of the cluster."""


def secret_scope(secret: Secret) -> Scope:
    """A Secret as the scope of its duties."""
    return Scope(kind=Unit.IDENTITY, name=f"{secret.metadata.namespace}/Secret/{secret.metadata.name}")


def stored_outside(secret: Secret) -> str:
    """What brings the value from a store outside of the cluster; empty where nothing does."""
    for where, name, title in STORES:
        if name in (secret.labels if where == "label" else secret.annotations):
            return title
    owners = {owner.kind for owner in secret.metadata.owner_references or ()}
    return "External Secrets" if "ExternalSecret" in owners else "SealedSecret" if "SealedSecret" in owners else ""


def hand_made(secrets: Iterable[Secret]) -> Iterator[Secret]:
    """Secrets that people or charts wrote: neither a controller's own nor from a store."""
    for secret in secrets:
        of_its_own = secret.type in (HELM_RELEASE, TOKEN) or secret.metadata.owner_references
        if not of_its_own and not stored_outside(secret):
            yield secret


def values_unseen(ground: Ground) -> str:
    """Why values of Secrets were not told apart; empty where they were."""
    if lacks := ground.view.missing("secrets"):
        return lacks
    secrets = ground.view.secrets.values()
    if not secrets:
        return "no Secret is in what was given"
    return (
        ""
        if any(value for secret in secrets for value in secret.keys.values())
        else ("only metadata of Secrets was read, so that their values cannot be told apart")
    )


def found_on(secret: Secret, says: str, fields: tuple[FieldSeen, ...], fix: Fix, **more: object) -> Found:
    """A finding on a Secret."""
    shown = "; ".join(f"{field.path} is {field.value}" for field in fields[:3]) or says
    return Found(
        object=ref(secret),
        scope=secret_scope(secret),
        says=says,
        fields=fields,
        fix=fix,
        evidence=(Evidence(says=f"Secret {secret.key}: {shown}", grade=Grade.WRITTEN, source=secret.source),),
        source=secret.source,
        **more,  # type: ignore[arg-type]
    )


def ref(item: KubeObject) -> ObjectRef:
    """An object as a finding names it."""
    return ObjectRef(kind=item.kind, namespace=item.metadata.namespace, name=item.metadata.name)


def _shape(key: str, what: str) -> FieldSeen:
    return FieldSeen(path=f"data[{key}]", value=f"looks like: {what}")


# DM-SEC-008 and DM-SEC-010


def _reused(ground: Ground, report: Report) -> None:
    groups: dict[tuple[tuple[str, str], ...], dict[str, None]] = {}
    by_print: dict[str, list[tuple[Secret, str]]] = {}
    for secret in ground.view.secrets.values():
        report.looked()
        if secret.type in (*PULL, HELM_RELEASE):
            continue
        for key, value in secret.keys.items():
            if value and key not in _PUBLIC and (names_a_secret(key) or key in secret.shapes or key.endswith(".key")):
                by_print.setdefault(value, []).append((secret, key))
    for holders in by_print.values():
        at = tuple(dict.fromkeys((one.metadata.namespace, one.metadata.name) for one, _ in holders))
        if len({namespace for namespace, _ in at}) > 1:
            groups.setdefault(at, {}).update(dict.fromkeys(key for _, key in holders))
    for names, keys in groups.items():
        first = ground.view.secrets[names[0]]
        others = [f"{namespace}/{name}" for namespace, name in names[1:]]
        report.violated(
            found_on(
                first,
                f"{', '.join(keys)} has the same value in {_listed(others)}: who takes one has all, and one "
                "rotation is not "
                "enough",
                tuple(FieldSeen(path=f"data[{key}]", value="same fingerprint") for key in keys),
                Fix(says="Give every consumer a credential of its own, or rotate all copies together from one source."),
                mark=",".join(others),
            )
        )
    report.unseen("values of secrets", values_unseen(ground), VALUES)


def _listed(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def _pull_shared(ground: Ground, report: Report) -> None:
    by_print: dict[str, list[Secret]] = {}
    for secret in ground.view.secrets.values():
        if secret.type in PULL and not secret.metadata.owner_references:
            report.looked()
            for key in (".dockerconfigjson", ".dockercfg"):
                if secret.keys.get(key):
                    by_print.setdefault(secret.keys[key], []).append(secret)
    for holders in by_print.values():
        if len({one.metadata.namespace for one in holders}) > 1:
            others = [one.key for one in holders[1:]]
            report.violated(
                found_on(
                    holders[0],
                    f"the same registry login is in {_listed(others)}: every team that reads one pulls what all may "
                    "pull",
                    (FieldSeen(path="type", value=holders[0].type), FieldSeen(path="data", value="same fingerprint")),
                    Fix(
                        says="Pull by the identity of the nodes or of the service account, or give each team its "
                        "own login."
                    ),
                    mark=",".join(others),
                )
            )
    if not any(secret.type in PULL for secret in ground.view.secrets.values()) and not ground.view.missing("secrets"):
        report.holds("no pull secret is in the cluster") if ground.view.secrets else None
    else:
        report.unseen("values of secrets", values_unseen(ground), VALUES)


# DM-SEC-009


def _certificates(ground: Ground, report: Report) -> None:
    issued = {
        (item.metadata.namespace, item.spec.secret_name or item.metadata.name): item
        for item in ground.snapshot.all("Certificate.cert-manager.io", IssuedCertificate)
    }
    unread = 0
    for name, secret in ground.view.secrets.items():
        renewed = name in issued or "cert-manager.io/certificate-name" in secret.annotations
        if secret.certificates:
            report.looked()
            ends = min((one.not_after, one.subject) for one in secret.certificates)
            _expiry(ground, report, secret, ends, renewed=renewed)
            _beginning(ground, report, secret)
        elif secret.type == "kubernetes.io/tls":
            if name in issued and issued[name].status.not_after:
                report.looked()
                _expiry(ground, report, secret, (issued[name].status.not_after, ""), renewed=True)
            else:
                unread += 1
    for name, item in issued.items():
        if name not in ground.view.secrets and item.status.not_after:
            report.looked()
            _expiry(ground, report, item, (item.status.not_after, ""), renewed=True)
    if unread:
        report.unseen("certificates", f"the certificates of {unread} TLS Secrets were not read", VALUES)
    report.unseen("secrets", ground.view.missing("secrets"), "allow listing secrets, see demarc rbac-needed")
    if not unread and ground.view.secrets and not ground.view.missing("secrets"):
        report.holds("no certificate that was looked at ends soon")


def _beginning(ground: Ground, report: Report, secret: Secret) -> None:
    leaf = secret.certificates[0]
    begins = when(leaf.not_before)
    if begins is not None and begins > ground.at:
        report.violated(
            found_on(
                secret,
                f"its certificate begins on {leaf.not_before[:10]} ({leaf.subject}): until then clients refuse it",
                (FieldSeen(path="data[tls.crt].notBefore", value=leaf.not_before),),
                Fix(says="Issue another one, and look at the clock of whoever issued it."),
                mark="beginning",
            )
        )


def _expiry(
    ground: Ground, report: Report, item: Secret | IssuedCertificate, ends: tuple[str, str], *, renewed: bool
) -> None:
    until = when(ends[0])
    if until is None or until - ground.at > (_SOON_RENEWED if renewed else _SOON):
        return
    days = (until - ground.at).days
    says = f"its certificate ended on {ends[0][:10]}" if until <= ground.at else f"its certificate ends in {days} days"
    says += f" ({ends[1]})" if ends[1] else ""
    says += ", though cert-manager should have renewed it" if renewed else ", and nothing here renews it"
    fields = (FieldSeen(path="data[tls.crt].notAfter", value=ends[0]),)
    fix = Fix(
        says="Find out why it was not renewed: cmctl status certificate."
        if renewed
        else "Renew it, by a controller from now on.",
        command=f"cmctl status certificate --namespace {item.metadata.namespace} {item.metadata.name}"
        if renewed
        else "",
    )
    severity = Severity.HIGH if until <= ground.at else None
    if isinstance(item, Secret):
        report.violated(found_on(item, says, fields, fix, severity=severity))
    else:
        scope = Scope(kind=Unit.NAMESPACE, name=item.metadata.namespace)
        report.violated(
            Found(
                object=ref(item), scope=scope, says=says, fields=fields, fix=fix, severity=severity, source=item.source
            )
        )


# DM-SEC-011


def _cloud_keys(ground: Ground, report: Report) -> None:
    fix = "Let the workload act by its service account (IRSA or Pod Identity, Workload Identity, Entra Workload ID), "
    fix += "then delete the key in the cloud: taking it out of here does not end it."
    for secret in ground.view.secrets.values():
        report.looked()
        fields = [_shape(key, what) for key, what in secret.shapes.items() if what in CLOUD]
        if not fields and secret.type in ("Opaque", ""):
            named = [key for key in secret.keys if _AWS.fullmatch(key) or _AZURE.fullmatch(key)]
            fields = [_shape(key, "a cloud key, by the key's name") for key in named]
        if fields and not _is_session(secret):
            report.violated(
                found_on(
                    secret,
                    "holds a static key of a cloud account: it works from anywhere, for ever",
                    tuple(fields),
                    Fix(says=fix),
                )
            )
    for config in ground.view.config_maps.values():
        report.looked()
        told = [_shape(one.at, one.shape) for one in config.literals if one.shape in CLOUD]
        if told:
            report.violated(
                _on_config(ground, config, "holds a static key of a cloud account", tuple(told), Fix(says=fix))
            )
    _cloud_literals(ground, report, Fix(says=fix))
    report.unseen("secrets", ground.view.missing("secrets"), "allow listing secrets, see demarc rbac-needed")
    report.unseen("configmaps", ground.view.missing("configmaps"), "allow listing configmaps, see demarc rbac-needed")
    if not ground.view.missing("secrets") and ground.view.secrets:
        report.unseen("values of secrets", values_unseen(ground), VALUES)


def _is_session(secret: Secret) -> bool:
    """A session token beside the key says that it ends by itself."""
    return any("session" in key.lower() and "token" in key.lower() for key in secret.keys)


def _cloud_literals(ground: Ground, report: Report, fix: Fix) -> None:
    found: dict[object, tuple[FieldSeen, ...]] = {}
    for box in ground.boxes:
        for number, variable in enumerate(box.container.env or ()):
            if variable.shape in CLOUD:
                field = FieldSeen(path=f"{box.path}.env[{number}].value", value=f"looks like: {variable.shape}")
                found[box.running] = (*found.get(box.running, ()), field)
    for running in ground.workloads:
        if running in found:
            says = "holds a static key of a cloud account in its environment"
            report.violated(of_workload(ground, running, says, found[running], fix))


def _on_config(ground: Ground, config: ConfigMap, says: str, fields: tuple[FieldSeen, ...], fix: Fix) -> Found:
    evidence = Evidence(
        says=f"ConfigMap {config.key}: {fields[0].path} {fields[0].value}", grade=Grade.WRITTEN, source=config.source
    )
    scope = ground.namespace(config.metadata.namespace)
    return Found(
        object=ref(config), scope=scope, says=says, fields=fields, fix=fix, evidence=(evidence,), source=config.source
    )


# DM-SEC-014


def _gitops(ground: Ground, report: Report) -> None:
    fix = Fix(
        says="Bring it from a store (ExternalSecret) or log in without one: a GitHub App by workload identity, IAM "
        "for clusters; "
        "then rotate it."
    )
    named = {
        (item.metadata.namespace, item.spec.secret_ref.name): item
        for kind in ("GitRepository", "OCIRepository", "HelmRepository")
        for item in ground.snapshot.all(f"{kind}.source.toolkit.fluxcd.io", FluxSource)
        if item.spec.secret_ref is not None
    }
    for at, secret in ground.view.secrets.items():
        sort = secret.labels.get(_ARGO, "")
        source = named.get(at)
        if not sort and source is None:
            continue
        report.looked()
        keys = [key for key in secret.keys if key in _ARGO_KEYS] if sort else list(secret.keys)
        if sort == "cluster":
            keys = [key for key in secret.keys if key == "config" and (key in secret.shapes or not secret.keys[key])]
            if keys and not secret.keys["config"]:
                report.unseen(f"Secret {secret.key}", "whether it holds a token or asks IAM was not read", VALUES)
                continue
        if keys and not stored_outside(secret):
            what = f"credential of {source.kind} {source.key}" if source else f"credential of Argo CD ({sort})"
            report.violated(
                found_on(
                    secret,
                    f"{what} that somebody wrote by hand: who reads Secrets here delivers to every cluster it opens",
                    tuple(FieldSeen(path=f"data[{key}]", value="present") for key in keys[:5]),
                    fix,
                )
            )
    report.unseen("secrets", ground.view.missing("secrets"), "allow listing secrets, see demarc rbac-needed")
    if ground.view.secrets:
        report.holds("no credential of Argo CD or Flux is kept by hand")


# DM-SEC-015


def _helm(ground: Ground, report: Report) -> None:
    releases: dict[tuple[str, str], list[Secret]] = {}
    for secret in ground.view.secrets.values():
        if secret.type == HELM_RELEASE:
            releases.setdefault((secret.metadata.namespace, _release(secret)), []).append(secret)
    unread = 0
    for (namespace, name), revisions in releases.items():
        report.looked()
        holding = [one for one in revisions if HELM in one.shapes.values()]
        current = [one for one in revisions if one.labels.get("status", "deployed") == "deployed"]
        unread += any(not one.keys.get("release") for one in current)
        if holding:
            report.violated(
                found_on(
                    holding[-1],
                    f"release {name} keeps rendered credentials, in {len(revisions)} revisions: rotating them "
                    "leaves the old "
                    "ones here",
                    (FieldSeen(path="data[release]", value="holds Secrets as they were rendered"),),
                    Fix(
                        says="Pass names of Secrets to the chart instead of values, and keep fewer revisions.",
                        command=f"helm upgrade {name} CHART --namespace {namespace} --history-max 2",
                    ),
                    mark=name,
                )
            )
    report.unseen("secrets", ground.view.missing("secrets"), "allow listing secrets, see demarc rbac-needed")
    if unread:
        report.unseen("Helm releases", f"{unread} releases were not looked into: their values were not read", VALUES)
    if not releases and ground.view.secrets:
        report.holds("no Helm release is kept as a Secret")


def _release(secret: Secret) -> str:
    return secret.labels.get("name") or secret.metadata.name.removeprefix("sh.helm.release.v1.").rpartition(".v")[0]


CHECKS: tuple[Check, ...] = (
    Check("DM-SEC-008", _reused),
    Check("DM-SEC-009", _certificates),
    Check("DM-SEC-010", _pull_shared),
    Check("DM-SEC-011", _cloud_keys),
    Check("DM-SEC-014", _gitops),
    Check("DM-SEC-015", _helm),
)
