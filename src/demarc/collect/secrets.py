"""The door for Secrets and ConfigMaps: values come in, fingerprints and key names go on.

Also used on what Demarc wrote itself: a redacted object reads as the one it was made from. It knows these two kinds and
the annotations that repeat whole objects.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from demarc.collect.certificates import certificates_in, trusted_keys
from demarc.collect.documents.wire import ConfigMapWire, Owned, OwnedEntry, SecretWire
from demarc.collect.fingerprint import FingerprintKey, decoded, is_fingerprint
from demarc.collect.literals import SHAPES, release_shape, secret_shape, tell
from demarc.collect.releases import KEY, REASONS, Released, released
from demarc.intake.masking import WHOLE_OBJECT, describes_cluster, mask
from demarc.model.kubernetes import Certificate, ConfigMap, Literal, ObjectMeta, Secret
from demarc.model.time import instant

LEAKED = "demarc.removed:leaked"
"""Stands in a stored snapshot where an annotation of a Secret carried its values."""
_ABOUT_TOKENS = ("kubernetes.io/service-account.name", "kubernetes.io/service-account.uid")
_CERTIFICATE = "tls.crt"
_DIGEST = re.compile(r"[0-9a-f]{64}")
_HELM = "helm.sh/release.v1"
_TOKEN = "kubernetes.io/service-account-token"  # noqa: S105 - a type of Secret
_MOST_LITERALS = 20
_BOOTSTRAP = "bootstrap.kubernetes.io/token"
END = "expiration"
"""Key of a bootstrap token's end."""
_LAST_SECOND = 253_402_300_800
"""Of the year 9999."""
_PUBLIC_KEYS = frozenset({"namespace", "ca.crt", "service-ca.crt"})
_SHORTEST_PART = 8
_SHORTEST_WHOLE = 4
_OWNED: Final = msgspec.json.Decoder(Owned)
_TEXT: Final = msgspec.json.Decoder(str)


def take_out_copies(metadata: ObjectMeta) -> None:
    """Take the annotations that repeat the whole object out of freshly read metadata."""
    if metadata.annotations:
        for name in WHOLE_OBJECT:
            metadata.annotations.pop(name, None)


def secret(wire: SecretWire, data: bytes | memoryview, key: FingerprintKey) -> Secret:
    """Make a Secret without values out of one with values; ``data`` is its JSON, read again for who owns its keys."""
    values = {**(wire.data or {}), **(wire.string_data or {})}
    keys = {name: key.of_base64(value or "") for name, value in (wire.data or {}).items()}
    keys |= {name: key.of_text(value or "") for name, value in (wire.string_data or {}).items()}
    annotations = wire.metadata.annotations or {}
    leaked = leaking(annotations, forms(values.items())) if annotations else []
    for name in (*leaked, *WHOLE_OBJECT):
        annotations.pop(name, None)
    held = stored_release(wire.type, wire.literals, wire.unread, values.get(KEY), key)
    return Secret(
        metadata=wire.metadata,
        api_version=wire.api_version,
        kind=wire.kind,
        type=wire.type,
        keys=dict(sorted(keys.items())),
        key_changes=key_changes(data, keys),
        leaked_in_annotations=tuple(sorted(leaked)),
        certificates=tuple(wire.certificates or certificates(values)),
        shapes=kept_shapes(wire.shapes) | shapes(wire.type, wire.metadata.labels or {}, values),
        released=held.found,
        trusts=kept_trusts(wire.trusts) or trusts(values),
        unread=held.unread,
        immutable=bool(wire.immutable),
        expires=told_end(wire.expires) or end_of(wire.type, values.get(END)),
    )


def stored_release(kind: str, literals: object, unread: object, value: object, key: FingerprintKey) -> Released:
    """What a release in a Secret of a type holds: as a stored snapshot has it, else as it is."""
    if kind != _HELM:
        return Released()
    kept = Released(found=kept_literals(literals), unread=unread if unread in REASONS else "")
    if kept.found or kept.unread or not isinstance(value, str):
        return kept
    return released(decoded(value).decode("latin-1"), key) if not is_fingerprint(value) else kept


def mapped_release(labels: Mapping[str, str], value: object, key: FingerprintKey) -> Released:
    """What a release in a ConfigMap holds, where Helm keeps it there."""
    is_helms = labels.get("owner", labels.get("OWNER", "")).lower() in ("helm", "tiller")
    return released(value, key) if is_helms and isinstance(value, str) else Released()


def end_of(kind: str, value: object) -> int:
    """When a bootstrap token ends, in seconds since 1970; 0 where it does not, or where the value is no time.

    Told as another number than the value, so that no value of a Secret goes on.
    """
    if kind != _BOOTSTRAP or not isinstance(value, str):
        return 0
    try:
        return int(instant(base64.b64decode(value, validate=True).decode("ascii")).timestamp())
    except (ValueError, OverflowError):
        return 0


def told_end(given: object) -> int:
    """An end as a stored snapshot has it; 0 for what no clock shows."""
    return given if isinstance(given, int) and 0 < given < _LAST_SECOND else 0


def certificates(values: Mapping[str, str | None]) -> tuple[Certificate, ...]:
    """Read the certificates of a Secret's values, and no other of them."""
    return certificates_in(values.get(_CERTIFICATE) or "")


def trusts(values: Mapping[str, str | None]) -> tuple[str, ...]:
    """Public keys of the authorities that lie in values; what a Secret serves itself is not what it trusts."""
    return trusted_keys(value for name, value in values.items() if value and name != _CERTIFICATE)


def kept_trusts(given: object) -> tuple[str, ...]:
    """Take digests of public keys as a stored snapshot has them."""
    found = given if isinstance(given, list) else ()
    return tuple(one for one in found if isinstance(one, str) and _DIGEST.fullmatch(one))


def shapes(kind: str, labels: Mapping[str, str], values: Mapping[str, str | None]) -> dict[str, str]:
    """Say by key what values of a Secret look like; ``kind`` is its type.

    Of Helm's releases only those in use are looked into: they are big, and superseded ones are copies of what was.
    """
    if kind == _HELM:
        found = release_shape(values.get("release") or "") if labels.get("status", "deployed") == "deployed" else ""
        return {"release": found} if found else {}
    if kind == _TOKEN:
        return {}
    told = ((key, secret_shape(key, value)) for key, value in sorted(values.items()) if value)
    return {key: shape for key, shape in told if shape}


def kept_shapes(given: object) -> dict[str, str]:
    """Take shapes as a stored snapshot has them: nothing but what Demarc itself may have written."""
    found = given.items() if isinstance(given, dict) else ()
    return {key: shape for key, shape in found if isinstance(key, str) and shape in SHAPES}


def literals(data: Mapping[str, str], key: FingerprintKey) -> tuple[Literal, ...]:
    """Find what looks like a credential in the values of a ConfigMap; the values do not go on."""
    told = ((at, one) for at, text in sorted(data.items()) for one in tell(at, text))
    found = (Literal(at=at, name=one.name, shape=one.shape, fingerprint=key.of_text(one.value)) for at, one in told)
    return tuple(one for _, one in zip(range(_MOST_LITERALS), (one for one in found if one.fingerprint), strict=False))


def kept_literals(given: object) -> tuple[Literal, ...]:
    """Take literals as a stored snapshot has them: nothing but what Demarc itself may have written."""
    try:
        found = msgspec.convert(given or (), tuple[Literal, ...])
    except msgspec.ValidationError:
        return ()
    return tuple(one for one in found if one.shape in SHAPES and is_fingerprint(one.fingerprint))


def kept_certificates(given: object) -> tuple[Certificate, ...]:
    """Take certificates as a stored snapshot has them."""
    try:
        return msgspec.convert(given or (), tuple[Certificate, ...])
    except msgspec.ValidationError:
        return ()


def config_map(wire: ConfigMapWire, key: FingerprintKey) -> ConfigMap:
    """Make a ConfigMap of key names out of one with values; values stay where they describe the cluster."""
    take_out_copies(wire.metadata)
    names = sorted({*(wire.data or {}), *(wire.binary_data or {})})
    settings = {}
    if describes_cluster(wire.metadata.namespace, wire.metadata.name):
        settings = {name: mask(_TEXT.decode(value)) for name, value in sorted((wire.data or {}).items())}
    data = _decoded(wire.data or {})
    held = mapped_release(wire.metadata.labels or {}, data.get(KEY), key)
    return ConfigMap(
        metadata=wire.metadata,
        api_version=wire.api_version,
        kind=wire.kind,
        keys=tuple(names),
        settings=settings,
        literals=kept_literals(wire.literals) or held.found or literals(data, key),
        trusts=kept_trusts(wire.trusts) or trusts(data),
        unread=wire.unread if wire.unread in REASONS else held.unread,
    )


def _decoded(data: Mapping[str, msgspec.Raw]) -> dict[str, str]:
    """Decode the values; a null is none."""
    return {name: _TEXT.decode(raw) for name, raw in data.items() if bytes(raw) != b"null"}


def forms(values: Iterable[tuple[str, str | None]]) -> tuple[str, ...]:
    """Texts by which the values of a Secret are known again: as given, decoded, and as base64 of what was given.

    Values that are no secret (namespace and CA in a token Secret) and those of fewer than four letters are left out.
    """
    found: set[str] = set()
    for name, value in values:
        if name in _PUBLIC_KEYS or not value or is_fingerprint(value):
            continue
        found.add(value)
        found.add(binascii.b2a_base64(value.encode("utf-8", "surrogatepass"), newline=False).decode())
        found.add(decoded(value).decode("utf-8", "replace"))
    return tuple(sorted(text for text in found if len(text) >= _SHORTEST_WHOLE))


def leaking(annotations: Mapping[str, str], values: tuple[str, ...]) -> list[str]:
    """Name the annotations of a Secret that carry values of it.

    Where the values are not at hand, a copy of the object that has data counts. Short values must be the whole
    annotation: as part of a longer text they are more likely words of it.
    """
    return [
        name
        for name, text in annotations.items()
        if text == LEAKED or (name not in _ABOUT_TOKENS and (_is_copy_with_data(text) or _carries(text, values)))
    ]


def _carries(text: str, values: tuple[str, ...]) -> bool:
    return any(text == value or (len(value) >= _SHORTEST_PART and _within(value, text)) for value in values)


def _within(value: str, text: str) -> bool:
    return value in text or msgspec.json.encode(value)[1:-1].decode("utf-8", "replace") in text


class _Copy(msgspec.Struct):
    data: dict[str, str] | None = None
    stringData: dict[str, str] | None = None  # noqa: N815 - the API's own spelling


_COPY: Final = msgspec.json.Decoder(_Copy)


def _is_copy_with_data(text: str) -> bool:
    if not text.startswith("{") or "ata" not in text:
        return False
    try:
        copy = _COPY.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return '"data"' in text or '"stringData"' in text
    return any((copy.data or {}).values()) or any((copy.stringData or {}).values())


def key_changes(data: bytes | memoryview, keys: Mapping[str, str] | None = None) -> dict[str, str]:
    """Read from managedFields when each key was last written: the earliest time among the managers that own it.

    A manager's time moves with everything that it owns, so this says "not changed later than", never "changed on".
    ``keys`` limits the answer to keys that are there.
    """
    changes: dict[str, str] = {}
    for entry in owned_entries(data):
        if not entry.time or entry.fields is None or not entry.fields.data:
            continue
        for owned in entry.fields.data:
            name = owned.removeprefix("f:")
            if owned != "." and (keys is None or name in keys):
                changes[name] = min(changes.get(name, entry.time), entry.time)
    return dict(sorted(changes.items()))


def owned_keys(data: bytes | memoryview) -> set[str]:
    """Read from managedFields which keys a Secret has, without its values."""
    return {
        owned.removeprefix("f:")
        for entry in owned_entries(data)
        if entry.fields is not None
        for owned in entry.fields.data or {}
        if owned != "."
    }


def owned_entries(data: bytes | memoryview) -> tuple[OwnedEntry, ...]:
    """Read managedFields with the fields of a Secret; empty where they are missing or not as expected."""
    try:
        owned = _OWNED.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ()
    return tuple(owned.metadata.entries or ()) if owned.metadata else ()
