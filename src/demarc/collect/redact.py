"""Takes values out of what goes into a stored snapshot; all else stays as the API gave it.

Reading a redacted page gives the same model values as reading the original: fingerprints stay themselves, and masks are
masked already. It works on decoded JSON of any kind, so that fields which nothing reads today are there tomorrow.
"""

from __future__ import annotations

from typing import Any, TypeGuard

import msgspec

from demarc.collect.documents.wire import CERTIFICATES, EXPIRES, LITERALS, SHAPES_OF, TRUSTS, UNREAD
from demarc.collect.fingerprint import FingerprintKey, is_fingerprint
from demarc.collect.literals import SHAPES, TOLD_ARGUMENTS, shape_of, told_arguments
from demarc.collect.releases import KEY, REASONS
from demarc.collect.secrets import (
    END,
    LEAKED,
    certificates,
    end_of,
    forms,
    kept_certificates,
    kept_literals,
    kept_shapes,
    kept_trusts,
    leaking,
    literals,
    mapped_release,
    shapes,
    stored_release,
    told_end,
    trusts,
)
from demarc.intake.masking import (
    WHOLE_OBJECT,
    describes_cluster,
    mask,
    mask_arguments,
    names_a_secret,
    stands_for_another,
)
from demarc.model.errors import DemarcError

TOLD = frozenset({CERTIFICATES, EXPIRES, SHAPES_OF, LITERALS, TRUSTS, UNREAD})
_SHAPE = "demarc.shape"
_COMMANDS = frozenset({"command", "args"})
_NAMES = frozenset(
    {
        *("name", "namespace", "kind", "uid", "image", "nodeName", "serviceAccountName", "providerID", "type", "group"),
        *("plural", "ingressClassName", "controller", "provisioner", "path", "targetRevision", "project", "platform"),
        *("kubeletVersion", "osImage", "containerRuntimeVersion", "kernelVersion", "apiVersion", "apiGroup"),
        *("controlPlaneTopology", "infrastructureName"),
    }
)
"""Fields that name things: they are read as they are, and stored as they are."""


def redact_page(data: bytes, key: FingerprintKey) -> bytes:
    """Take values out of a page of JSON: one object, any List, or a Table.

    Values of Secrets and ConfigMaps and literal environment values become fingerprints, arguments and fields that name
    secrets are masked, copies of whole objects in annotations are removed. ConfigMaps that describe the cluster keep
    their values. Raises DemarcError where the page is no JSON: what cannot be understood is not stored.
    """
    try:
        return msgspec.json.encode(_page(msgspec.json.decode(data), key))
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise DemarcError("the page is no JSON, so its secrets cannot be taken out and it is not stored") from None


def _page(page: Any, key: FingerprintKey) -> Any:
    if isinstance(page, list):
        return [_page(item, key) for item in page]
    if not isinstance(page, dict):
        return mask(page) if isinstance(page, str) else page
    kind = page.get("kind")
    if isinstance(page.get("items"), list) and "spec" not in page:
        item_kind = kind.removesuffix("List") if isinstance(kind, str) else ""
        beside = {name: inner for name, inner in page.items() if name != "items"}
        items = [_object(item, key, kind=item_kind, api_version=page.get("apiVersion")) for item in page["items"]]
        return {name: items if name == "items" else _walk(inner, key) for name, inner in {**page, **beside}.items()}
    if kind == "Table" and isinstance(page.get("rows"), list):
        return {**page, "rows": [_row(row, key) for row in page["rows"]]}
    return _object(page, key)


def _row(row: Any, key: FingerprintKey) -> Any:
    if isinstance(row, dict) and isinstance(row.get("object"), dict):
        return {**row, "object": _object(row["object"], key)}
    return row


def _object(item: Any, key: FingerprintKey, *, kind: str = "", api_version: Any = None) -> Any:
    """Redact one object; ``kind`` and ``api_version`` stand in where a typed List leaves them out."""
    if not isinstance(item, dict):
        return mask(item) if isinstance(item, str) else _walk(item, key)
    own = item.get("kind")
    named = own if isinstance(own, str) and own else kind
    if isinstance(item.get("items"), list) and named.endswith("List"):
        return _page(item, key)
    version = item.get("apiVersion") or api_version
    values: tuple[str, ...] | None = () if named in {"", "PartialObjectMetadata"} else None
    fields = dict(item)
    if version == "v1" and named == "Secret":
        values = forms(_texts(item.get("data")) + _texts(item.get("stringData")))
        fields["data"] = _values(item.get("data"), key.of_base64)
        fields["stringData"] = _values(item.get("stringData"), key.of_text)
    elif version == "v1" and named == "ConfigMap":
        _config_map(fields, key)
    metadata = _metadata(item.get("metadata"), values)
    done = {"kind", "apiVersion", "metadata"} | (
        {"data", "stringData", "binaryData", "type"} if version == "v1" and named in {"Secret", "ConfigMap"} else set()
    )
    told = _told(item, named, key) if version == "v1" and named in {"Secret", "ConfigMap"} else {}
    redacted = {
        name: fields[name] if name in done else _field(name, fields[name], key) for name in item if name not in TOLD
    }
    redacted |= told
    if "metadata" in item:
        redacted["metadata"] = metadata
    return redacted


def _told(item: dict[str, Any], kind: str, key: FingerprintKey) -> dict[str, Any]:
    """What is told of values before they go; of values that have gone, what was told when they did."""
    metadata = item.get("metadata")
    labels = dict(_texts(metadata.get("labels"))) if isinstance(metadata, dict) else {}
    if kind == "ConfigMap":
        return _told_of_map(item, labels, key)
    values: dict[str, str | None] = dict(_texts(item.get("data")) + _texts(item.get("stringData")))
    kept = kept_certificates(item.get(CERTIFICATES)) or certificates(values)
    looks = kept_shapes(item.get(SHAPES_OF)) | shapes(str(item.get("type", "")), labels, values)
    ends = told_end(item.get(EXPIRES)) or end_of(str(item.get("type", "")), values.get(END))
    held = stored_release(str(item.get("type", "")), item.get(LITERALS), item.get(UNREAD), values.get(KEY), key)
    told = {CERTIFICATES: msgspec.to_builtins(kept), SHAPES_OF: looks, EXPIRES: ends}
    told |= {LITERALS: msgspec.to_builtins(held.found), UNREAD: held.unread}
    told |= {TRUSTS: kept_trusts(item.get(TRUSTS)) or trusts(values)}
    return {name: value for name, value in told.items() if value}


def _told_of_map(item: dict[str, Any], labels: dict[str, str], key: FingerprintKey) -> dict[str, Any]:
    data = dict(_texts(item.get("data")))
    held = mapped_release(labels, data.get(KEY), key)
    found = kept_literals(item.get(LITERALS)) or held.found or literals(data, key)
    unread = item.get(UNREAD) if item.get(UNREAD) in REASONS else held.unread
    trusted = kept_trusts(item.get(TRUSTS)) or trusts(data)
    told = {LITERALS: msgspec.to_builtins(found), UNREAD: unread, TRUSTS: trusted}
    return {name: value for name, value in told.items() if value}


def _metadata(metadata: Any, values: tuple[str, ...] | None) -> Any:
    """Take copies of the object out of its annotations; those that carried values of a Secret leave a mark.

    ``values`` is None where the object is no Secret, and empty where its values are not at hand.
    """
    if not isinstance(metadata, dict) or not isinstance(metadata.get("annotations"), dict):
        return metadata
    texts = {name: text for name, text in metadata["annotations"].items() if isinstance(text, str)}
    leaked = set(leaking(texts, values)) if values is not None else set()
    kept = {
        name: LEAKED if name in leaked else text
        for name, text in metadata["annotations"].items()
        if name in leaked or name not in WHOLE_OBJECT
    }
    return {**metadata, "annotations": kept}


def _texts(values: Any) -> list[tuple[str, str]]:
    return [(name, text) for name, text in values.items() if isinstance(text, str)] if isinstance(values, dict) else []


def _values(values: Any, fingerprint: Any) -> Any:
    """Replace the values of a map by their fingerprints; a value of the wrong type is kept as its type alone."""
    if not isinstance(values, dict):
        return None if isinstance(values, str) else values if values is None else type(values)()
    return {name: fingerprint(value) if isinstance(value, str) else _emptied(value) for name, value in values.items()}


def _emptied(value: Any) -> Any:
    return value if value is None else type(value)()


def _config_map(fields: dict[str, Any], key: FingerprintKey) -> None:
    metadata = fields.get("metadata")
    names = metadata if isinstance(metadata, dict) else {}
    kept = describes_cluster(str(names.get("namespace", "")), str(names.get("name", "")))
    if "data" in fields:
        data = fields["data"]
        texts = isinstance(data, dict) and kept
        fields["data"] = (
            {n: mask(t) if isinstance(t, str) else _emptied(t) for n, t in data.items()}
            if texts
            else (_values(data, key.of_text))
        )
    if "binaryData" in fields:
        fields["binaryData"] = _values(fields["binaryData"], key.of_base64)


def _walk(value: Any, key: FingerprintKey) -> Any:
    if isinstance(value, dict):
        walked = {name: _field(name, inner, key) for name, inner in value.items() if name != TOLD_ARGUMENTS}
        told = told_arguments(_shown_only(value)) if not _COMMANDS.isdisjoint(value) else []
        return {**walked, TOLD_ARGUMENTS: told} if told else walked
    if isinstance(value, list):
        return [_walk(item, key) for item in value]
    return mask(value) if isinstance(value, str) else value


def _shown_only(container: dict[str, Any]) -> dict[str, Any]:
    """What is told of a container: of its arguments where masking changes them, else what was told before."""
    given = {name: found for name in _COMMANDS if _are_texts(found := container.get(name))}
    if any(mask_arguments(found) != found for found in given.values()):
        return container
    return {TOLD_ARGUMENTS: container.get(TOLD_ARGUMENTS)}


def _are_texts(value: Any) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _field(name: str, value: Any, key: FingerprintKey) -> Any:
    """Redact a field by its name: environment, commands, and fields that are named like what they hold."""
    if isinstance(value, str):
        return _text(name, value, key)
    if isinstance(value, list):
        if name == "env":
            return [_environment(entry, key) for entry in value]
        if name in _COMMANDS and _are_texts(value):
            return mask_arguments(value)
        if names_a_secret(name) and value and all(isinstance(entry, str) for entry in value):
            return [_text(name, entry, key) for entry in value]
    return _walk(value, key)


def _text(name: str, value: str, key: FingerprintKey) -> str:
    if names_a_secret(name) and not stands_for_another(value) and not is_fingerprint(value):
        return key.of(value.encode("utf-8", "surrogatepass"))
    return mask(value) if name not in _NAMES else value


def _environment(entry: Any, key: FingerprintKey) -> Any:
    if isinstance(entry, dict) and isinstance(entry.get("value"), str):
        name, value = str(entry.get("name", "")), entry["value"]
        shape = entry.get(_SHAPE) if is_fingerprint(value) else shape_of(name, value)
        plain = {field: inner for field, inner in entry.items() if field != _SHAPE}
        return {**plain, "value": key.of_text(value), **({_SHAPE: shape} if shape in SHAPES else {})}
    return _walk(entry, key)
