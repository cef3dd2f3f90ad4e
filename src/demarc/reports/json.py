"""The assessment as JSON: every value as it is, one line, stable, with a published schema.

For programs, so nothing is shortened or made safe to look at: JSON itself escapes control characters. The same
assessment gives the same bytes. Keys are those of ``demarc.model.assessment`` and stay; new ones may be added.
"""

from __future__ import annotations

import ast
import inspect
from typing import Any

import msgspec
import msgspec.inspect

from demarc.model.assessment import Assessment
from demarc.model.posture import Posture
from demarc.model.report_paths import IntruderPaths
from demarc.model.roles import RolesTold

SCHEMA_ID = "urn:demarc:assessment:1"
POSTURE_SCHEMA_ID = "urn:demarc:posture:1"


_ROOTS = (Assessment, IntruderPaths, Posture, RolesTold)


class _More(msgspec.Struct, frozen=True, omit_defaults=True):
    """What stands behind the fields of the assessment."""

    posture: Posture | None = None
    roles: RolesTold | None = None
    paths: IntruderPaths | None = None


def render_json(
    assessment: Assessment,
    paths: IntruderPaths | None = None,
    posture: Posture | None = None,
    roles: RolesTold | None = None,
) -> bytes:
    r"""Write the assessment as one line of UTF-8 JSON and a line feed.

    ``posture``, ``roles`` and ``paths`` come last, where given.

    Fields stand in the order of the model, keys of maps in alphabetical order. Lone surrogates (a path that is not
    UTF-8) are written as ``\udc80`` in words.
    """
    alone = written(assessment)
    if paths is None and posture is None and roles is None:
        return alone
    return alone.removesuffix(b"}\n") + b"," + written(_More(posture, roles, paths)).removeprefix(b"{")


def render_posture_json(posture: Posture) -> bytes:
    """Write findings and checks alone, in the same way."""
    return written(posture)


def written(value: msgspec.Struct) -> bytes:
    """Write any struct as one line; lone surrogates in words."""
    try:
        return _encode(value)
    except UnicodeEncodeError:
        return _encode(writable(msgspec.to_builtins(value)))


def _encode(value: Any) -> bytes:
    return msgspec.json.encode(value, order="deterministic") + b"\n"


def writable(value: Any) -> Any:
    """Plain values with every lone surrogate in words."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {writable(key): writable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [writable(item) for item in value]
    return value


def schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of ``render_json``, with the descriptions that stand in the model."""
    (top, paths, posture, roles), parts = msgspec.json.schema_components(_ROOTS, ref_template="#/$defs/{name}")
    for part in parts.values():
        _close(part)
    parts["Assessment"]["properties"] |= {"posture": posture, "roles": roles, "paths": paths}
    return _titled(SCHEMA_ID, "Demarc assessment", top, parts)


def posture_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of ``render_posture_json``."""
    return schema_of(Posture, POSTURE_SCHEMA_ID, "Demarc findings")


def schema_of(root: type[msgspec.Struct], schema_id: str, title: str) -> dict[str, Any]:
    """JSON Schema (2020-12) of a document that is one struct, every field always written."""
    (top,), parts = msgspec.json.schema_components((root,), ref_template="#/$defs/{name}")
    for part in parts.values():
        _close(part)
    return _titled(schema_id, title, top, parts, roots=(root,))


def _titled(
    schema_id: str, title: str, top: dict[str, Any], parts: dict[str, Any], *, roots: tuple[type, ...] = _ROOTS
) -> dict[str, Any]:
    for struct in _structs(roots):
        part = parts.get(struct.__name__)
        if part is not None:
            _describe(part, struct)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": schema_id,
        "title": title,
        **top,
        "$defs": dict(sorted(parts.items())),
    }


def _close(part: dict[str, Any]) -> None:
    """Every field is always written, so every field is required."""
    if "properties" in part:
        part["required"] = list(part["properties"])


def _structs(roots: tuple[type, ...]) -> list[type]:
    """Structs and enums that the documents are made of. By name they are one each; elsewhere names are used again."""
    found: dict[type, None] = {}
    waiting: list[Any] = list(msgspec.inspect.multi_type_info(roots))
    while waiting:
        info = waiting.pop()
        made = getattr(info, "cls", None)
        if made is not None and made not in found:
            found[made] = None
            waiting += [field.type for field in getattr(info, "fields", ())]
        elif made is None:
            waiting += [*getattr(info, "types", ()), *getattr(info, "item_types", ())]
            inner = (getattr(info, name, None) for name in ("item_type", "key_type", "value_type", "type"))
            waiting += [one for one in inner if isinstance(one, msgspec.inspect.Type)]
    return list(found)


def _describe(part: dict[str, Any], struct: type) -> None:
    if struct.__doc__:
        part["description"] = inspect.cleandoc(struct.__doc__)
    described = _field_docs(struct)
    for field, schema_of in part.get("properties", {}).items():
        if field in described:
            schema_of["description"] = described[field]
    if "enum" in part and described:
        part["description"] += " " + " ".join(f"{name.lower()}: {text}" for name, text in described.items())


def _field_docs(struct: type) -> dict[str, str]:
    """Strings that stand below the fields of a class, by field: Python keeps them in the source only."""
    (tree,) = ast.parse(inspect.getsource(struct)).body
    if not isinstance(tree, ast.ClassDef):
        return {}
    docs: dict[str, str] = {}
    for above, below in zip(tree.body, tree.body[1:], strict=False):
        if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant) and isinstance(below.value.value, str):
            name = _target(above)
            if name:
                docs[name] = " ".join(inspect.cleandoc(below.value.value).split())
    return docs


def _target(statement: ast.stmt) -> str:
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
        return statement.target.id
    if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
        return statement.targets[0].id
    return ""
