"""Tells a credential by its look: by a known prefix or structure, or by the name it stands under.

For values that stand where none should (environment, ConfigMaps) and for what kind of thing a Secret holds. It gives a
shape and never the value; whoever asks keeps the shape and a keyed fingerprint. Unlike masking, which rather takes out
too much, this makes findings: what may as well be a name, a path, a reference or a switch is not told as a credential.
"""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from math import log2
from typing import Any, Final, NamedTuple

from demarc.collect.fingerprint import decoded, is_fingerprint
from demarc.intake.masking import names_a_secret, stands_for_another

PASSWORD: Final = "password"  # noqa: S105 - names of shapes, not values
TOKEN: Final = "token or key"  # noqa: S105
HELM: Final = "Helm release with rendered Secrets"
RENDERED: Final = "value of a rendered Secret"
GOOGLE: Final = "Google service account key"
KUBECONFIG: Final = "kubeconfig"


class _Form(NamedTuple):
    """A credential that is known by its own form."""

    shape: str
    hints: tuple[str, ...]
    """Without one of these in it a text needs no closer look: far quicker than any expression."""
    pattern: re.Pattern[str]


def _form(shape: str, hints: str, pattern: str) -> _Form:
    return _Form(shape, tuple(hints.split()), re.compile(pattern, re.MULTILINE))


_B: Final = "(?<![A-Za-z0-9])"
_FORMS: Final = (
    _form("AWS access key", "AKIA", _B + r"AKIA[A-Z0-9]{16}(?![A-Za-z0-9])"),
    _form("AWS session key", "ASIA", _B + r"ASIA[A-Z0-9]{16}(?![A-Za-z0-9])"),
    _form("Google API key", "AIza", _B + r"AIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])"),
    _form("Azure client secret", "Q~", _B + r"[A-Za-z0-9_~.-]{3}\dQ~[A-Za-z0-9_~.-]{31,34}"),
    _form("Azure storage key", "AccountKey=", r"AccountKey=[A-Za-z0-9+/]{60,}={0,2}"),
    _form("Azure shared access key", "SharedAccessKey=", r"SharedAccessKey=[A-Za-z0-9+/]{40,}={0,2}"),
    _form(
        "private key",
        "PRIVATE AGE-SECRET",
        r"-----BEGIN (?:[A-Z]{2,10} )?PRIVATE "
        "KEY-----|AGE-SECRET-KEY-1[0-9A-Z]{20,}",
    ),
    _form(
        "GitHub token",
        "ghp_ gho_ ghu_ ghs_ ghr_ github_pat_",
        _B + r"(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{30,})",
    ),
    _form("GitLab token", "glpat- gldt- glrt- glptt- glcbt-", _B + r"gl(?:pat|dt|rt|ptt|cbt)-[A-Za-z0-9_-]{16,}"),
    _form(
        "Slack token",
        "xox hooks.slack",
        r"xox[abeprs]-[A-Za-z0-9-]{10,}|hooks\.slack\.com/services/T\w{6,}/B\w{6,}/\w{16,}",
    ),
    _form("Stripe key", "k_live_ k_test_", _B + r"[sr]k_(?:live|test)_[A-Za-z0-9]{12,}"),
    _form(
        "AI model key",
        "sk- hf_",
        _B + r"(?:sk-ant-[A-Za-z0-9_-]{16,}|sk-(?:proj-)?(?=[A-Za-z_-]*\d)[A-Za-z0-9_-]{32,}|hf_[A-Za-z0-9]{20,})",
    ),
    _form("package registry token", "npm_ pypi-", _B + r"(?:npm_[A-Za-z0-9]{30,}|pypi-AgE[A-Za-z0-9_-]{30,})"),
    _form("SendGrid key", "SG.", _B + r"SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}"),
    _form("Vault token", "hvs. hvb. hvr.", _B + r"hv[sbr]\.[A-Za-z0-9_-]{20,}"),
    _form(
        "cloud provider token",
        "dop_v1_ glsa_ dapi",
        _B + r"(?:dop_v1_[a-f0-9]{40,}|glsa_[A-Za-z0-9_]{30,}|dapi[a-f0-9]{32})",
    ),
    _form(
        "registry login",
        '"auth',
        r"\"auths?\"\s{0,8}:\s{0,8}(?:\{\s{0,64}\"[^\"]+\"\s{0,8}:\s{0,8}\{|\"[A-Za-z0-9+/]{8,}={0,2}\")",
    ),
    _form("cluster login", '"bearerToken" "keyData"', r"\"(?:bearerToken|keyData)\"\s{0,8}:\s{0,8}\"[^\"]{8,}\""),
    _form("JSON web token", "eyJ", r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]{8,}"),
    _form(
        "address with a password",
        "://",
        r"(?<![A-Za-z0-9+.-])[a-z][a-z0-9+.-]{1,20}://[^\s/:@\"'<>${}]{0,256}:[^\s/@\"'<>${}*]{3,256}@[^\s\"'<>]",
    ),
    _form(
        "connection string",
        "assword= PASSWORD= pwd= Pwd= PWD=",
        r"(?:^|;)[ \t]{0,4}(?i:password|pwd)=[^\s;$<{*]{3,}(?=;)|;[ \t]{0,4}(?i:password|pwd)=[^\s;$<{*]{3,}(?=;|$)",
    ),
)
_HINTS: Final = tuple((hint, form) for form in _FORMS for hint in form.hints)
_GOOGLE: Final = re.compile(r"\"type\"\s{0,8}:\s{0,8}\"service_account\"")
_CONFIG: Final = re.compile(r"\bkind\"?:[ \t]{0,8}\"?Config\b")
_CONFIG_TOKEN: Final = re.compile(r"(?<![-\w])token\"?:[ \t]{0,8}\"?[A-Za-z0-9._-]{16,}")
CLOUD: Final = {
    "AWS access key": "eks",
    "AWS secret key": "eks",
    GOOGLE: "gke",
    "Azure client secret": "aks",
    "Azure storage key": "aks",
    "Azure shared access key": "aks",
}
"""Shapes of credentials of a cloud, and the provider whose workload identity does without them."""
SHAPES: Final = frozenset(
    (*(form.shape for form in _FORMS), GOOGLE, KUBECONFIG, PASSWORD, TOKEN, HELM, RENDERED, "AWS secret key")
)
"""Everything that can be told of a value."""

_PASSWORD_NAME: Final = re.compile(r"pass(?:word|wd|phrase)?$|pwd$", re.IGNORECASE)
_AWS_SECRET: Final = re.compile(r"aws[_-]?secret[_-]?access[_-]?key|secret[_-]?access[_-]?key", re.IGNORECASE)
_AZURE_SECRET: Final = re.compile(r"(?:azure|arm|aad)[_-]?client[_-]?secret", re.IGNORECASE)
_SWITCH_NAME: Final = re.compile(
    r"(?:^|[_.-])(?:allow|enable|disable|random|require|use|no|has|skip|show|hide)[_.-]", re.IGNORECASE
)
_MORE_NAMES: Final = re.compile(r"(?:.*[_.-])?secret[_-]?key[_-]?base", re.IGNORECASE)
_WORDS: Final = frozenset(
    (
        *("yes", "no", "on", "off", "true", "false", "enabled", "disabled", "required", "optional", "auto", "random"),
        *("generate", "generated", "string", "str", "text", "bytes", "int", "integer", "object", "number", "boolean"),
        *("bool", "array", "any", "undefined", "nil", "null", "none", "default", "same-origin", "include", "omit"),
        *("store", "cache"),
    )
)
_NO_VALUE: Final = re.compile(
    r"[$<{%*!&@|>].*|.*(?:\$\(|\$\{|\{\{|%\().*|[a-z][a-z0-9+.-]{1,20}://[^@]*|[~.]?/.*|.*\s.*", re.DOTALL
)
"""Templates, references, addresses without a login, paths, sentences."""
_HOST: Final = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::\d+)?/?", re.IGNORECASE)
_LABEL: Final = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_SHORTEST, _SHORTEST_TOKEN, _SHORTEST_KNOWN = 3, 12, 14
_LEAST_ENTROPY: Final = 3.0
_LONGEST: Final = 1_048_576
_MOST: Final = 20
_INFLATED: Final = 16 * _LONGEST

_ASSIGNED: Final = re.compile(
    rb"(?P<word>pass(?:word|wd|phrase)?|pwd|secret|token|credentials?|key(?:[_-]?base)?)"
    rb"[\"']?[ \t]{0,4}(?::=|[:=])[ \t]{0,4}"
    rb"(?P<value>\"[^\"\n]*\"|'[^'\n]*'|[^\s\"',;]+)"
)
"""Of lower-case text: where a name ends and its value stands."""
_NAME: Final = re.compile(rb"[\w.-]{0,80}\Z")
_COMMENT: Final = re.compile(rb"\s*(?:#|;|//|--|\*)")
_CODE: Final = re.compile(r".*[()\[\]].*|[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+|&\w.*|new\b.*")
_RELEASED: Final = re.compile(
    rb"kind: Secret\\n|\"[\w.-]{0,64}?(?:[pP]assword|[tT]oken|[sS]ecretKey|[aA]piKey)\":\"(?!\{\{|\$)[^\"\\]{4,}\""
)


TOLD_ARGUMENTS: Final = "demarc.told"
"""Field in which a stored container says which of its arguments showed a credential before they were masked."""
_PLACE: Final = re.compile(r"(?:command|args)\[\d{1,4}\]")
_FLAG: Final = re.compile(r"--?(?P<name>[\w.-]{1,80})(?:=(?P<value>.*))?", re.DOTALL)


class Telling(NamedTuple):
    """A credential in a text."""

    name: str
    """What it stands under; empty where it is told by its look alone."""
    shape: str
    value: str


def shape_of(name: str, value: str) -> str:
    """Say what a value that stands under a name looks like; empty where it looks like no credential."""
    named = _secret_name(name)
    if len(value) < _SHORTEST or is_fingerprint(value) or (not named and len(value) < _SHORTEST_KNOWN):
        return ""
    return known_shape(value) or (_by_name(name, value) if named else "")


def known_shape(value: str) -> str:
    """Say what a value looks like by its own form, whatever its name is."""
    if len(value) > _LONGEST:
        return ""
    found = _known(value)
    return found[0] if found else ""


def _known(value: str) -> tuple[str, str] | None:
    """Shape and what has it; quick where there is none."""
    if '"private_key"' in value and _GOOGLE.search(value):
        return GOOGLE, value
    if "Config" in value and _CONFIG.search(value) and ("client-key-data" in value or _CONFIG_TOKEN.search(value)):
        return KUBECONFIG, value
    for hint, form in _HINTS:
        if hint in value and (found := form.pattern.search(value)):
            return form.shape, found[0]
    return None


def secret_shape(name: str, value: str) -> str:
    """Say what the value of a Secret looks like, given as its base64: only what is more than a password or token."""
    text = decoded(value).decode("utf-8", "replace")
    if is_fingerprint(value) or len(text) < _SHORTEST_KNOWN:
        return ""
    if _AWS_SECRET.fullmatch(name):
        return "AWS secret key"
    return "Azure client secret" if _AZURE_SECRET.fullmatch(name) else known_shape(text)


def release_shape(value: str) -> str:
    """Look into a Helm release, given as the base64 of its Secret: whether it carries Secrets as they were rendered."""
    packed = decoded(decoded(value).decode("latin-1"))
    if packed[:1] == b"{":  # Helm before 3 kept small releases as they were
        return HELM if _RELEASED.search(packed[:_INFLATED]) else ""
    try:
        text = zlib.decompressobj(31).decompress(packed, _INFLATED)
    except zlib.error:
        return ""
    return HELM if _RELEASED.search(text) else ""


def told_arguments(container: Mapping[str, Any]) -> list[str]:
    """Say which arguments of a container look like they show a credential: ``args[2]``; a flag's value is its own too.

    Of a container that was masked already, what was told of it then.
    """
    kept = container.get(TOLD_ARGUMENTS)
    found = (
        [text for text in kept if isinstance(text, str) and _PLACE.fullmatch(text)] if isinstance(kept, list) else []
    )
    for field in ("command", "args"):
        arguments = container.get(field)
        if isinstance(arguments, list) and all(isinstance(one, str) for one in arguments):
            found += [f"{field}[{number}]" for number in _shown(arguments) if f"{field}[{number}]" not in found]
    return found


def _shown(arguments: Sequence[str]) -> Iterator[int]:
    flag = ""
    for number, argument in enumerate(arguments):
        given = _FLAG.fullmatch(argument)
        if flag and not argument.startswith("-"):
            shows = bool(shape_of(flag, argument))
        elif given and given["value"] is not None:
            shows = bool(shape_of(given["name"], given["value"].strip("\"'")))
        else:
            shows = any(True for _ in tell("", argument))
        if shows:
            yield number
        flag = given["name"] if given and given["value"] is None else ""


def tell(key: str, text: str) -> Iterator[Telling]:
    """Find credentials in the value of a ConfigMap, twenty at most: the whole value, or lines and fields of a file."""
    if len(text) > _LONGEST or is_fingerprint(text):
        return
    plain = text.strip()
    if "\n" not in plain and (whole := shape_of(key, plain)):
        yield Telling("", whole, plain)
        return
    seen: dict[str, None] = {}
    for name, value in _assignments(text):
        if value not in seen and (shape := shape_of(name, value)):
            seen[value] = None
            yield Telling(name, shape, value)
            if len(seen) == _MOST:
                return
    if not seen and (found := _known(text)):
        yield Telling("", *found)


def _assignments(text: str) -> Iterator[tuple[str, str]]:
    """Names for secrets with their values, but for comments and for what is an expression rather than a value."""
    data = text.encode("utf-8", "replace")
    lowered = data.lower()
    for found in _ASSIGNED.finditer(lowered):
        begin, end = found.span("value")
        name = _NAME.search(data, max(0, found.start() - 80), found.end("word"))
        written = data[begin:end].decode("utf-8", "replace")
        value = written.strip("\"'")
        line = lowered.rfind(b"\n", max(0, begin - 200), begin) + 1
        is_code = written[:1] not in {'"', "'"} and _CODE.fullmatch(value) is not None
        if name is None or is_code or _COMMENT.match(lowered, line) or _secret_name(value):
            continue
        yield name[0].decode("utf-8", "replace"), value


@lru_cache(maxsize=4096)
def _secret_name(name: str) -> bool:
    return (names_a_secret(name) or _MORE_NAMES.fullmatch(name) is not None) and not _SWITCH_NAME.search(name)


def _by_name(name: str, value: str) -> str:
    """Under a name for passwords anything that is a value counts; under other names only what looks random."""
    if stands_for_another(value) or value.lower() in _WORDS or _NO_VALUE.fullmatch(value):
        return ""
    if _AWS_SECRET.fullmatch(name):
        return "AWS secret key"
    if _AZURE_SECRET.fullmatch(name):
        return "Azure client secret"
    if _PASSWORD_NAME.search(name):
        return PASSWORD
    return TOKEN if _is_random(value) else ""


def _is_random(value: str) -> bool:
    """Tell a random text from a name: long, of letters and digits, and not made of words."""
    if len(value) < _SHORTEST_TOKEN or _HOST.fullmatch(value):
        return False
    digits = sum(character.isdigit() for character in value)
    letters = sum(character.isalpha() for character in value)
    if not letters or not digits:
        return len(value) >= 2 * _SHORTEST_TOKEN and not _LABEL.fullmatch(value) and value.lower() != value
    if _LABEL.fullmatch(value) and "-" in value and digits * 5 < len(value):
        return False
    counted = Counter(value).values()
    return -sum(count / len(value) * log2(count / len(value)) for count in counted) >= _LEAST_ENTROPY
