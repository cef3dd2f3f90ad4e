"""What sort of credential a Secret holds: by its type, marks of its keeper, the look of its values, names of keys."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from demarc.model.kubernetes import Secret
from demarc.model.nhi import NhiKind

TOKEN: Final = "kubernetes.io/service-account-token"  # noqa: S105 - names of types
HELM: Final = "helm.sh/release.v1"
ACCOUNT: Final = "kubernetes.io/service-account.name"
_TYPES: Final = {
    TOKEN: NhiKind.LEGACY_TOKEN,
    "bootstrap.kubernetes.io/token": NhiKind.BOOTSTRAP_TOKEN,
    "kubernetes.io/dockerconfigjson": NhiKind.REGISTRY,
    "kubernetes.io/dockercfg": NhiKind.REGISTRY,
    "kubernetes.io/ssh-auth": NhiKind.SSH_KEY,
    "kubernetes.io/basic-auth": NhiKind.PASSWORD,
}
_SHAPES: Final = (
    (re.compile(r"^(AWS|Google service account|Azure)"), NhiKind.CLOUD_KEY),
    (re.compile(r"^AI model key"), NhiKind.AI_MODEL_KEY),
    (re.compile(r"^kubeconfig"), NhiKind.KUBECONFIG),
    (re.compile(r"^private key"), NhiKind.SSH_KEY),
    (re.compile(r"password|connection", re.IGNORECASE), NhiKind.PASSWORD),
    (re.compile(r"token|key", re.IGNORECASE), NhiKind.API_TOKEN),
)
"""Look of a value -> kind, the most telling first."""
_TELLING: Final = 4
"""So many of them say what it is; the rest only that it is secret."""
_KEYS: Final = (
    (
        re.compile(r"AWS_(SECRET_)?ACCESS_KEY|GOOGLE_APPLICATION_CREDENTIALS|AZURE_CLIENT_SECRET", re.IGNORECASE),
        NhiKind.CLOUD_KEY,
    ),
    (re.compile(r"OPENAI|ANTHROPIC|HUGGING_?FACE|HF_TOKEN|MISTRAL|COHERE|GEMINI", re.IGNORECASE), NhiKind.AI_MODEL_KEY),
    (re.compile(r"kubeconfig", re.IGNORECASE), NhiKind.KUBECONFIG),
    (re.compile(r"^(ssh-privatekey|id_(rsa|ed25519|ecdsa)|sshPrivateKey|identity)$"), NhiKind.SSH_KEY),
    (re.compile(r"passw|pwd|_PASS$|dsn|database_url|connection", re.IGNORECASE), NhiKind.PASSWORD),
    (re.compile(r"token|api.?key|secret.?key|webhook|credential|bearer|auth", re.IGNORECASE), NhiKind.API_TOKEN),
)
"""Name of a key -> kind: all that metadata alone tells."""
_ARGO: Final = "argocd.argoproj.io/secret-type"
_SEALING: Final = "sealedsecrets.bitnami.com/sealed-secrets-key"
_PUBLIC: Final = re.compile(
    r"^(ca\.crt|namespace|service-ca\.crt|tls\.crt|url|type|([a-z0-9]+[._-])*(user(name)?|host|port|name|region|project))$",
    re.IGNORECASE,
)


def kind_of(secret: Secret, delivered: frozenset[tuple[str, str]]) -> NhiKind | None:
    """The kind; None for a Secret that is no credential itself, such as a Helm release.

    ``delivered`` are those that Flux fetches with, by namespace and name.
    """
    if secret.type == HELM:
        return None
    return _by_type(secret, delivered) or _by_content(secret)


def _by_type(secret: Secret, delivered: frozenset[tuple[str, str]]) -> NhiKind | None:
    """By what the API server or a keeper wrote on it."""
    if found := _TYPES.get(secret.type or _type_by_its_marks(secret)):
        return found
    if _SEALING in secret.labels:
        return NhiKind.SIGNING_KEY
    if _ARGO in secret.labels or (secret.metadata.namespace, secret.metadata.name) in delivered:
        return NhiKind.DELIVERY
    if secret.certificates:
        return NhiKind.CERTIFICATE_AUTHORITY if secret.certificates[0].authority else NhiKind.TLS
    return NhiKind.TLS if secret.type == "kubernetes.io/tls" else None


def _type_by_its_marks(secret: Secret) -> str:
    """The type that metadata alone gives away: the API server demands the marks of these, and few else bear them."""
    if ACCOUNT in secret.annotations:
        return TOKEN
    own = secret.metadata
    is_bootstrap = own.namespace == "kube-system" and own.name.startswith("bootstrap-token-")
    return "bootstrap.kubernetes.io/token" if is_bootstrap else ""


def _by_content(secret: Secret) -> NhiKind:
    """By what its values look like where that is telling, else by what its keys are called."""
    return _by_words(tuple(secret.shapes.values()), tuple(name for name in secret.keys if not _is_public(name)))


@lru_cache(maxsize=4096)
def _by_words(looks: tuple[str, ...], names: tuple[str, ...]) -> NhiKind:
    for words, patterns in ((looks, _SHAPES[:_TELLING]), (names, _KEYS), (looks, _SHAPES)):
        for pattern, kind in patterns:
            if any(pattern.search(word) for word in words):
                return kind
    return NhiKind.OPAQUE


def is_public(name: str) -> bool:
    """Whether what stands under a name is no secret: a CA, a user, a host."""
    return _PUBLIC.match(name) is not None


def secret_parts(secret: Secret) -> dict[str, str]:
    """Key -> fingerprint, of what is secret in it: a CA or a user name is the same in many places."""
    return {key: value for key, value in secret.keys.items() if value and not _is_public(key)}


@lru_cache(maxsize=4096)
def _is_public(key: str) -> bool:
    return _PUBLIC.match(key) is not None
