"""Checks of credentials of accounts that last: token Secrets, projected tokens, bootstrap tokens, and what is old."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from demarc.access.techniques.secrets import opens
from demarc.model.duties import Unit
from demarc.model.evidence import Evidence, Grade
from demarc.model.inventory import Scope
from demarc.model.kubernetes import ProjectedToken, Secret
from demarc.model.posture import FieldSeen, Fix, Found, ObjectRef, Severity
from demarc.model.time import instant
from demarc.posture.checks.grants import command
from demarc.posture.checks.patches import words
from demarc.posture.checks.workloads import each_pod, seen
from demarc.posture.ground import Ground, PodSeen
from demarc.posture.interface import Check, Report

TOKEN = "kubernetes.io/service-account-token"  # noqa: S105 - a type of Secret
_ACCOUNT = "kubernetes.io/service-account.name"
_INVALID = "kubernetes.io/legacy-token-invalid-since"
_LAST_USED = "kubernetes.io/legacy-token-last-used"
_OPENSHIFT = "openshift.io/create-dockercfg-secrets"
_TRACKING = ("kube-system", "kube-apiserver-legacy-service-account-token-tracking")
_YEAR = timedelta(days=365)
_DAY = 86_400
_NO_SECRETS = "allow listing secrets, see demarc rbac-needed"


def token_secrets(ground: Ground) -> Iterator[tuple[Secret, str]]:
    """Secrets that hold a token of a service account, with its name; those that OpenShift makes for itself left out."""
    for secret in ground.view.secrets.values():
        account = secret.annotations.get(_ACCOUNT, "")
        if secret.type == TOKEN and account and secret.annotations.get("kubernetes.io/created-by") != _OPENSHIFT:
            yield secret, account


def lasting_tokens(ground: Ground) -> Iterator[tuple[Secret, str]]:
    """Those that are in force."""
    return ((secret, account) for secret, account in token_secrets(ground) if _INVALID not in secret.labels)


def _unseen_secrets(ground: Ground, report: Report) -> None:
    report.unseen("secrets", ground.view.missing("secrets"), _NO_SECRETS)
    bare = [secret.key for secret in ground.view.secrets.values() if not secret.type]
    if bare:
        report.unseen(
            "types of Secrets",
            f"only metadata of {len(bare)} Secrets was seen: what they hold is not known",
            _NO_SECRETS,
        )
    if not ground.view.secrets and not ground.view.missing("secrets"):
        report.unseen("secrets", "no Secret is in what was given", "give a dump that has Secrets, or list them live")


def _scope(ground: Ground, secret: Secret, account: str) -> Scope:
    return ground.identity(f"{secret.metadata.namespace}/ServiceAccount/{account}")


def _account(secret: Secret, account: str) -> str:
    return f"ServiceAccount {secret.metadata.namespace}/{account}"


def _ref(secret: Secret) -> ObjectRef:
    return ObjectRef(kind="Secret", namespace=secret.metadata.namespace, name=secret.metadata.name)


def _shown(secret: Secret, says: str) -> tuple[Evidence, ...]:
    return (Evidence(says=f"Secret {secret.key}: {says}", grade=Grade.WRITTEN, source=secret.source),)


def _made(secret: Secret) -> str:
    return (secret.metadata.creation_timestamp or "")[:10]


def _lasting(ground: Ground, report: Report) -> None:
    report.looked(len(ground.view.secrets))
    for secret, account in lasting_tokens(ground):
        made = f", made on {_made(secret)}," if _made(secret) else ""
        used = secret.labels.get(_LAST_USED, "")
        report.violated(
            Found(
                object=_ref(secret),
                scope=_scope(ground, secret, account),
                says=f"Secret {secret.key}{made} holds a token of {_account(secret, account)} that does not end"
                f"{f'; it was last used on {used}' if used else ''}",
                fields=(seen("type", secret.type), seen(f"metadata.labels.{_LAST_USED}", used or None)),
                fix=Fix(
                    says="Have its user ask for tokens that end (kubectl create token, a projected volume). Then mark "
                    "it invalid, which can be undone, and delete it once nothing has failed.",
                    command=command(
                        "label",
                        "secret",
                        secret.metadata.name,
                        secret.metadata.namespace,
                        f"{_INVALID}={ground.at:%Y-%m-%d}",
                    ),
                ),
                component=ground.component_accounts.get((secret.metadata.namespace, account), ""),
                evidence=_shown(secret, f"type is {secret.type}"),
                source=secret.source,
            )
        )
    _unseen_secrets(ground, report)


def _unused(ground: Ground, report: Report) -> None:
    """The API server writes the day of the last use; no day means none since it began to."""
    since = _tracked_since(ground)
    unknown: list[str] = []
    report.looked(len(ground.view.secrets))
    for secret, account in token_secrets(ground):
        invalid, used = secret.labels.get(_INVALID, ""), secret.labels.get(_LAST_USED, "")
        says = ""
        if invalid:
            says = f"is marked invalid since {invalid} and still there: taking the label off revives it"
        elif used:
            says = f"was last used on {used}" if _older(ground, used) else ""
        elif _older(ground, secret.metadata.creation_timestamp or ""):
            if since is None:
                unknown.append(secret.key)
            elif ground.at - since >= _YEAR:
                says = f"was not used since uses are kept, {since:%Y-%m-%d}"
        if says:
            report.violated(
                Found(
                    object=_ref(secret),
                    scope=_scope(ground, secret, account),
                    says=f"Secret {secret.key} ({_account(secret, account)}) {says}",
                    fields=(
                        seen(f"metadata.labels.{_INVALID}", invalid or None),
                        seen(f"metadata.labels.{_LAST_USED}", used or None),
                    ),
                    fix=Fix(
                        says="Delete it; nothing has used it.",
                        command=command("delete", "secret", secret.metadata.name, secret.metadata.namespace),
                    ),
                    evidence=_shown(secret, f"labels {_INVALID} and {_LAST_USED} as shown"),
                    source=secret.source,
                )
            )
    if unknown:
        report.unseen(
            f"last use of {len(unknown)} tokens",
            f"ConfigMap {'/'.join(_TRACKING)} was not seen: without it no label proves nothing",
            "give a dump that has the ConfigMaps of kube-system",
        )
    _unseen_secrets(ground, report)


def _tracked_since(ground: Ground) -> datetime | None:
    config = ground.view.config_maps.get(_TRACKING)
    return _time(config.settings.get("since", "")) if config is not None else None


def _time(written: str) -> datetime | None:
    try:
        return instant(written) if written else None
    except ValueError:
        return None


def _older(ground: Ground, written: str) -> bool:
    at = _time(written)
    return at is not None and ground.at - at >= _YEAR


_CLOUDS = ("sts.amazonaws.com", "sts.amazonaws.com.cn", "api://AzureADTokenExchange", "openshift", "istio-ca", "vault")


def _projected(ground: Ground, report: Report) -> None:
    def looks(pod: PodSeen) -> Iterator[FieldSeen]:
        for number, volume in enumerate(pod.spec.volumes or ()):
            for place, source in enumerate((volume.projected and volume.projected.sources) or ()):
                token = source.service_account_token
                at = f"{pod.base}.volumes[{number}].projected.sources[{place}].serviceAccountToken"
                if token is not None:
                    yield from _token(token, at)

    fix = words(
        "Ask for an hour (expirationSeconds: 3600): the kubelet renews the token. Name the audience that checks "
        "it, and only one that you trust with it."
    )
    each_pod(ground, report, looks, "asks for a token that lasts long, or that is meant for somebody outside", fix)


def _token(token: ProjectedToken, at: str) -> Iterator[FieldSeen]:
    if (token.expiration_seconds or 0) > _DAY:
        yield seen(f"{at}.expirationSeconds", token.expiration_seconds)
    if _is_foreign(token.audience):
        yield seen(f"{at}.audience", token.audience)


def _is_foreign(audience: str) -> bool:
    """Whether an audience is a host outside that is no cloud's exchange of tokens; a bare word is somebody inside."""
    if not audience or audience in _CLOUDS or audience.endswith((".svc.id.goog", ".svc", ".svc.cluster.local")):
        return False
    host = audience.partition("://")[2].partition("/")[0] if "://" in audience else audience
    known = ("kubernetes.default", "oidc.eks.", "container.googleapis.com", ".azmk8s.io", "iam.googleapis.com")
    return "." in host and not any(part in audience for part in known)


def _bootstrap(ground: Ground, report: Report) -> None:
    for secret in ground.view.secrets.values():
        report.looked()
        if secret.type != "bootstrap.kubernetes.io/token" or secret.metadata.namespace != "kube-system":
            continue
        ends = datetime.fromtimestamp(secret.expires, UTC) if secret.expires else None
        if ends is None and "expiration" in secret.keys:
            report.unseen(f"end of Secret {secret.key}", "its expiration could not be read", "look at the Secret")
            continue
        if ends is not None and ends <= ground.at:
            continue
        left = f"until {ends:%Y-%m-%d %H:%M}" if ends else "without an end"
        report.violated(
            Found(
                object=_ref(secret),
                scope=ground.cluster,
                says=f"Secret {secret.key} lets machines join the cluster {left}",
                fields=(seen("data.expiration", f"{ends:%Y-%m-%d %H:%M}" if ends else None),),
                fix=Fix(
                    says="Delete it once the nodes have joined; make one that ends for each occasion.",
                    command=command("delete", "secret", secret.metadata.name, "kube-system"),
                ),
                severity=Severity.MEDIUM if ends and ends - ground.at <= timedelta(days=1) else None,
                evidence=_shown(secret, f"type is {secret.type}, it is valid {left}"),
                source=secret.source,
            )
        )
    _unseen_secrets(ground, report)


def _overdue(ground: Ground, report: Report) -> None:
    """A value is at least as old as the last write of any manager that owns it; a restore makes it look younger."""
    cadences = _cadences(ground)
    dark: list[str] = []
    opening = 0
    for secret in ground.view.secrets.values():
        opened = list(opens(secret)) if secret.type != TOKEN else []
        if not opened:
            continue
        opening += 1
        scope = Scope(kind=Unit.IDENTITY, name=f"{secret.metadata.namespace}/Secret/{secret.metadata.name}")
        every = cadences.get(secret.metadata.namespace, 0)
        changed = _changed(secret, opened)
        if changed is None:
            dark.append(secret.key)
            continue
        age = (ground.at - changed).days
        if age < (every or _YEAR.days):
            continue
        cadence = f"its cadence is {every} days" if every else "the register names no cadence, and a year is long"
        report.violated(
            Found(
                object=_ref(secret),
                scope=scope,
                asked=ground.namespace(secret.metadata.namespace),
                says=f"Secret {secret.key}, which opens {opened[0][0]}, was not changed for {age} days: {cadence}",
                fields=(seen("last write of a value", f"{changed:%Y-%m-%d}"),),
                fix=Fix(says="Make a new credential where it is issued, move its users over, then revoke the old one."),
                evidence=_shown(secret, f"no value was written after {changed:%Y-%m-%d}"),
                source=secret.source,
            )
        )
    report.looked(opening)
    if not opening:
        report.holds("no Secret opens anything outside by its type or its keys")
    if dark:
        why = f"{len(dark)} Secrets show no managedFields: when their values were written is not known"
        report.unseen("age of Secrets", why, "list Secrets with --show-managed-fields, or collect them live")
    if not (ground.register.origin or ground.register.assignments):
        why = "no register was given: which cadence holds is not on record"
        report.unseen("register", why, "give one with --register")
    _unseen_secrets(ground, report)


def _cadences(ground: Ground) -> dict[str, int]:
    """The shortest cadence of rotation by namespace, by the matrix."""
    found: dict[str, int] = {}
    for row in ground.assessment.matrix:
        if row.duty == "secret.rotation" and row.review_every:
            namespace = row.scope.name.partition("/")[0]
            found[namespace] = min(found.get(namespace, row.review_every), row.review_every)
    return found


_VALUES = {
    "kubernetes.io/basic-auth": ("password",),
    "kubernetes.io/ssh-auth": ("ssh-privatekey",),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    "kubernetes.io/dockercfg": (".dockercfg",),
}


def _changed(secret: Secret, opened: list[tuple[str, str]]) -> datetime | None:
    """The last write of any value that opens something; None where no field manager tells."""
    keys = _VALUES.get(secret.type) or tuple(
        key for key in secret.keys if any(why.endswith(f" {key}") for _, why in opened)
    )
    times = [_time(secret.key_changes.get(key, "")) for key in keys if key in secret.keys]
    known = [at for at in times if at is not None]
    return max(known) if known and len(known) == len(times) else None


CHECKS: tuple[Check, ...] = (
    Check("DM-SA-003", _lasting),
    Check("DM-SA-004", _unused),
    Check("DM-SA-010", _projected),
    Check("DM-SA-012", _bootstrap),
    Check("DM-SA-013", _overdue),
)
