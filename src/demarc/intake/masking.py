"""Takes secrets out of free text and arguments: what people wrote into a place that is not a Secret.

Only the value is masked; the words around it stay, so that the finding can still be explained. Masking twice changes
nothing. It knows forms of text, and the few places of Kubernetes where values are copied to or may be kept.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

MASK = "***"
WHOLE_OBJECT = (
    "kubectl.kubernetes.io/last-applied-configuration",
    "kapp.k14s.io/original",
    "banzaicloud.com/last-applied",
    "objectset.rio.cattle.io/applied",
)
"""Annotations in which tools keep the object as they last wrote it, values included."""

_WORD = (
    r"(?:pass(?:word|wd|phrase)?|pwd|secret|token|credentials?|connection[_-]?string"
    r"|(?:api|access|secret|private|account|auth|encryption|signing)[_-]?key)"
)
_HINT = re.compile(
    r"pass|pwd|secret|token|credential|key|connection|://[^/\s]*@|bearer|basic |authorization|eyJ|AKIA|ASIA"
    r"|gh[pousr]_|github_pat_|glpat-|xox[abeprs]-|\s-u|--user|sk[-_]|hf_|AIza|npm_|PRIVATE",
    re.IGNORECASE,
)
_ASSIGNED = re.compile(
    rf"(?P<name>(?<![A-Za-z])[\w.-]{{0,64}}?{_WORD}(?:[\"']?\s*:?=\s*|[\"']\s*:\s*|:\s+))"
    rf"(?P<value>\$?\{{\{{.*?\}}\}}|\"(?:[^\"\\]|\\.)*\"|'[^']*'|[^\s\"'&;,|)}}\]]+)",
    re.IGNORECASE,
)
_FLAG = re.compile(rf"--?[\w.-]{{0,64}}?{_WORD}", re.IGNORECASE)
_GIVEN = re.compile(
    rf"(?P<name>(?:--?(?=.*=)|(?=[^=]*=\S*\Z))[\w.-]{{0,64}}?{_WORD}=)(?P<value>.+)", re.IGNORECASE | re.DOTALL
)
"""A whole argument that gives a secret: a flag with its value, whatever stands in it, or a word without spaces."""
_FLAG_IN_TEXT = re.compile(
    rf"(?P<name>(?:^|\s)--?[\w.-]{{0,64}}?{_WORD}\s+)(?P<value>\"[^\"]*\"|'[^']*'|[^\s\"'-][^\s\"']*)", re.IGNORECASE
)
_USERINFO = re.compile(
    r"(?P<name>(?<![a-z0-9+.-])[a-z][a-z0-9+.-]{0,20}://)(?P<value>[^\s/@\"'<>]+)(?=@)", re.IGNORECASE
)
_SCHEME = re.compile(r"(?P<name>\b(?:bearer|basic)\s+)(?P<value>[A-Za-z0-9._~+/=-]{8,})", re.IGNORECASE)
_CURL_USER = re.compile(r"(?P<name>(?:^|\s)(?:-u|--user)[ =]?[^\s:\"'-][^\s:\"']*:)(?P<value>[^\s\"']+)")
_KNOWN = re.compile(
    r"(?P<name>)(?P<value>"
    r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]*"
    r"|(?:AKIA|ASIA)[A-Z0-9]{16}"
    r"|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|glpat-[A-Za-z0-9_-]{16,}"
    r"|xox[abeprs]-[A-Za-z0-9-]{8,}|sk-[A-Za-z0-9_-]{16,}|sk_(?:live|test)_[A-Za-z0-9]{8,}|hf_[A-Za-z0-9]{16,}"
    r"|AIza[A-Za-z0-9_-]{30,}|npm_[A-Za-z0-9]{30,}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z))",
    re.DOTALL,
)
_FORMS = (_KNOWN, _USERINFO, _SCHEME, _CURL_USER, _FLAG_IN_TEXT, _ASSIGNED)
_REFERENCE = re.compile(
    r"\$[({]?\w[\w.:?-]*[)}]?|\*{3}|<[^>]*>|\$?\{\{.*\}\}|true|false|null|none|\d{1,4}|/[\w./-]*", re.IGNORECASE
)
"""What stands where a value could stand and is none: variables, templates, switches, counts and file paths."""
_LONGEST = 262_144
_FIELD = re.compile(rf"(?:.*[a-z0-9_.-])?{_WORD}", re.IGNORECASE)
_PAGING = re.compile(r"(?:next|continuation|continue|page|sync|skip)[_-]?token", re.IGNORECASE)

_SETTINGS = frozenset(
    {
        ("kube-system", "aws-auth"),
        ("kube-system", "coredns"),
        ("kube-system", "coredns-custom"),
        ("kube-system", "kube-dns"),
        ("kube-system", "kubeadm-config"),
        ("kube-system", "kube-proxy-config"),
        ("kube-system", "amazon-vpc-cni"),
        ("kube-system", "azure-ip-masq-agent-config"),
        ("kube-system", "cluster-autoscaler-status"),
        ("kube-system", "kube-apiserver-legacy-service-account-token-tracking"),
        ("kube-system", "extension-apiserver-authentication"),
        ("kube-system", "kube-root-ca.crt"),
        ("kube-public", "kube-root-ca.crt"),
        ("openshift-config-managed", "console-public"),
    }
)


def mask(text: str) -> str:
    """Replace the secrets that a text shows by ``***``.

    Text above 256 KiB that could hold one is masked as a whole: searching it would take longer than it is worth.
    """
    if not _HINT.search(text):
        return text
    if len(text) > _LONGEST:
        return MASK
    for form in _FORMS:
        text = form.sub(_masked, text)
    return text


def mask_arguments(arguments: Sequence[str]) -> list[str]:
    """Mask the arguments of a command, where a value may also be the argument after its flag."""
    masked: list[str] = []
    after_flag = False
    for argument in arguments:
        if after_flag and not argument.startswith("-") and not _REFERENCE.fullmatch(argument):
            masked.append(MASK)
        elif given := _GIVEN.fullmatch(argument):
            masked.append(_masked(given))
        else:
            masked.append(mask(argument))
        after_flag = _FLAG.fullmatch(argument) is not None
    return masked


def names_a_secret(field: str) -> bool:
    """Tell whether a field of this name holds a secret, if it holds text: ``password``, ``dbPassword``, ``api_key``."""
    return _FIELD.fullmatch(field) is not None and _PAGING.fullmatch(field) is None


def stands_for_another(value: str) -> bool:
    """Tell whether a value is a variable, a template, a switch or a path rather than a secret."""
    return not value or _REFERENCE.fullmatch(value) is not None


def describes_cluster(namespace: str, name: str) -> bool:
    """Tell whether a ConfigMap's values describe the cluster, and may be kept."""
    return (namespace, name) in _SETTINGS


def _masked(match: re.Match[str]) -> str:
    value = match["value"]
    quote = value[0] if value[0] in {'"', "'"} and value[-1] == value[0] and len(value) > 1 else ""
    bare = value[1:-1] if quote else value
    return match[0] if stands_for_another(bare) else f"{match['name']}{quote}{MASK}{quote}"
