"""Takes secrets out of events before they are stored: values of Secrets and ConfigMaps, tokens, what free text shows.

The fast path is SQL: text below a field ``value`` is always taken out, and what ``RISK`` does not match is kept as it
is. What it matches comes here. ``RISK`` may match too much, never too little: it covers all that ``mask`` finds.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import quote, unquote_plus

import msgspec

from demarc.intake.masking import (
    MASK,
    WHOLE_OBJECT,
    describes_cluster,
    mask,
    mask_arguments,
    names_a_secret,
    stands_for_another,
)

VALUE: Final = r'"value":\s?"(?:[^"\\]|\\.)*"'
"""Text below a field ``value``: literal environment variables, parameters, headers. RE2."""
_WORD: Final = (
    r"(?:pass(?:word|wd|phrase)?|pwd|secret|token|credentials?|connection[_-]?string"
    r"|(?:api|access|secret|private|account|auth|encryption|signing)[_-]?key)"
)
RISK: Final = (
    rf'(?i:{_WORD}"\s?:\s?"[^"*]'  # a field that is named like a secret, with text in it
    rf"|{_WORD}(?:\\+[\"']|')?\s{{0,3}}(?:=|:=|:[^\s\"{{\[]|:\s+[^\s\"{{\[])"  # an assignment within text
    rf'|-[\w.-]*{_WORD}(?:"\s?,\s?"| +)[^-\s]'  # a flag, and its value behind it
    rf'|"kind"\s?:\s?"(?:secret|configmap|token)|{"|".join(re.escape(name) for name in WHOLE_OBJECT)}'
    r"|bearer |basic )"
    r"|eyJ[A-Za-z0-9_-]{8}|AKIA|ASIA|gh[pousr]_|github_pat_|glpat-|xox[abeprs]-|sk[-_]|hf_|AIza|npm_|PRIVATE KEY"
    r'|://[^/\s@"]*@|(?:^|[\s"])(?:-u|--user)[ ="]'
)
"""Text that goes the careful way. RE2."""
QUERY: Final = rf"(?i)[?&](?:command|[^&=]*{_WORD}[^&=]*)="
"""URIs whose parameters may hold a secret. RE2."""
CAREFUL: Final = ("secrets", "configmaps", "tokenreviews")
"""Resources whose objects always go the careful way; and every subresource ``token``."""
_LONGEST: Final = 262_144
_AUTHENTICATOR: Final = ("authentication.k8s.io/", "authentication.kubernetes.io/")
_COMMANDS: Final = frozenset({"command", "args"})
_VALUES: Final = frozenset({"data", "stringData", "binaryData"})
_BODY: Final = re.compile(
    r"\\?[\"']?(?:requestObject|responseObject|data|stringData|binaryData|env|value)\\*[\"']?\s*[:=].*", re.DOTALL
)
_KEPT: Final = 4_000
_PARAMETER: Final = re.compile(r"([?&])([^&=]*)=([^&]*)")
_COMMAND: Final = re.compile(r"[?&]command=([^&]*)")
_QUOTED: Final = re.compile(r'"((?:[^"\\]|\\.)*)"')


def masked_object(resource: str, text: str) -> str:
    """Take the values out of an object of a request or response; what is no JSON is masked as text."""
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return masked_text(text[:_LONGEST])
    try:
        return msgspec.json.encode(_object(value, resource)).decode()
    except RecursionError:
        return f'"{MASK}"'


def masked_text(text: str) -> str:
    """Mask free text; JSON in it stays JSON."""
    if text.startswith("{"):
        try:
            return msgspec.json.encode(_walk(msgspec.json.decode(text))).decode()
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            pass
    return mask(text)


def masked_annotations(text: str) -> str:
    """Mask the annotations of an event. Those of the authenticator name tokens and Secrets, and hold none."""
    try:
        notes = msgspec.json.decode(text, type=dict[str, str])
    except (msgspec.DecodeError, UnicodeError):
        return masked_text(text)
    return msgspec.json.encode({key: _note(key, value) for key, value in notes.items()}).decode()


def _note(key: str, value: str) -> str:
    if key.startswith(_AUTHENTICATOR):
        return value
    if value[:1] in {"{", "["}:
        try:
            return msgspec.json.encode(_walk(msgspec.json.decode(value))).decode()
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            pass
    return MASK if names_a_secret(key) and not stands_for_another(value) else mask(value)


def masked_record(text: str) -> str:
    """What is kept of a record that could not be read: its beginning, up to where bodies could start, masked."""
    return mask(_BODY.sub(f" {MASK}", text[:_KEPT]))


def masked_uri(uri: str) -> str:
    """Mask the parameters of a URI that hold secrets, and the arguments of a command."""
    commands = iter(mask_arguments([unquote_plus(text) for text in _COMMAND.findall(uri)]))

    def parameter(match: re.Match[str]) -> str:
        mark, name, value = match.groups()
        if name == "command":
            masked = next(commands)
            return match[0] if masked == unquote_plus(value) else f"{mark}{name}={quote(masked)}"
        return f"{mark}{name}={MASK}" if names_a_secret(unquote_plus(name)) and value else match[0]

    return _PARAMETER.sub(parameter, uri)


def exec_command(uri: str) -> str:
    """What exec was asked to run, masked and newline-joined."""
    return "\n".join(mask_arguments([unquote_plus(text) for text in _COMMAND.findall(uri)]))


def reason_parts(reason: str) -> str:
    """The authorizer's reason cut at its quotes, quoted quotes undone; parts are joined by a unit separator."""
    parts: list[str] = []
    end = 0
    for match in _QUOTED.finditer(reason):
        parts += [reason[end : match.start()], re.sub(r"\\(.)", r"\1", match[1])]
        end = match.end()
    return "\x1f".join([*parts, reason[end:]])


FUNCTIONS: Final[dict[str, tuple[Callable[..., str], tuple[str, ...]]]] = {
    "masked_object": (masked_object, ("VARCHAR", "VARCHAR")),
    "masked_text": (masked_text, ("VARCHAR",)),
    "masked_annotations": (masked_annotations, ("VARCHAR",)),
    "masked_uri": (masked_uri, ("VARCHAR",)),
    "exec_command": (exec_command, ("VARCHAR",)),
    "reason_parts": (reason_parts, ("VARCHAR",)),
}
"""What the normalising SQL calls, with the types that each takes; all give VARCHAR."""


def _object(value: Any, resource: str) -> Any:
    if isinstance(value, list):
        return [_operation(entry, resource) for entry in value]
    if not isinstance(value, dict):
        return mask(value) if isinstance(value, str) else value
    kind = value.get("kind")
    named = kind if isinstance(kind, str) else ""
    if isinstance(value.get("items"), list) and named.endswith("List"):
        inner = resource or {"SecretList": "secrets", "ConfigMapList": "configmaps"}.get(named, "")
        items = [_object(item, inner) for item in value["items"]]
        return {key: items if key == "items" else _walk(item) for key, item in value.items()}
    is_secret = named == "Secret" or (resource == "secrets" and named != "Status")
    is_map = named == "ConfigMap" or (resource == "configmaps" and named != "Status")
    redacted = {key: _field(key, item) for key, item in value.items()}
    if is_secret or (is_map and not _describes(value)):
        redacted |= {key: _emptied(value[key]) for key in _VALUES & value.keys()}
    metadata = value.get("metadata")
    if isinstance(metadata, dict) and isinstance(notes := metadata.get("annotations"), dict):
        kept = {key: MASK if is_secret or key in WHOLE_OBJECT else _field(key, text) for key, text in notes.items()}
        redacted["metadata"] = {**_walk(metadata), "annotations": kept}
    return redacted


def _describes(value: dict[str, Any]) -> bool:
    metadata = value.get("metadata")
    names = metadata if isinstance(metadata, dict) else {}
    return describes_cluster(str(names.get("namespace", "")), str(names.get("name", "")))


def _operation(entry: Any, resource: str) -> Any:
    """An operation of a JSON patch: where it points to is kept, its value only where no values are kept there."""
    if not isinstance(entry, dict) or "path" not in entry:
        return _walk(entry)
    path = str(entry["path"])
    last = path.rpartition("/")[2]
    hidden = resource in CAREFUL or "/env/" in path or names_a_secret(last) or last in {"value", *WHOLE_OBJECT}
    value = entry.get("value")
    return {**entry, "value": _emptied(value) if hidden else _field(last, value)} if "value" in entry else entry


def _emptied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _emptied(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_emptied(item) for item in value]
    return value if value is None or isinstance(value, bool) else MASK


def _walk(value: Any) -> Any:
    if isinstance(value, dict):
        if value.get("kind") in ("Secret", "ConfigMap") and _VALUES & value.keys():
            return _object(value, "")
        return {key: _field(key, item) for key, item in value.items()}
    if isinstance(value, list):
        return [_walk(item) for item in value]
    return mask(value) if isinstance(value, str) else value


def _field(name: str, value: Any) -> Any:
    if isinstance(value, str):
        if name == "value" or name in WHOLE_OBJECT or (names_a_secret(name) and not stands_for_another(value)):
            return MASK
        return mask(value)
    if name in _COMMANDS and isinstance(value, list) and all(isinstance(entry, str) for entry in value):
        return mask_arguments(value)
    if names_a_secret(name) and isinstance(value, list):
        return [MASK if isinstance(entry, str) else _walk(entry) for entry in value]
    return _walk(value)
