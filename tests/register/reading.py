"""Shared by the tests of the register: a small catalogue, and a register written into a folder and read."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from demarc.register import Loaded, load

DUTIES = (
    "cluster.version",
    "identity.rbac",
    "identity.access-review",
    "node.patching",
    "secret.storage",
    "secret.rotation",
    "workload.pod-security",
)
PARTS = ("cni", "node_os", "rbac", "secrets")
NOW = datetime(2026, 11, 1, tzinfo=UTC)


def written(folder: Path, **files: str | bytes) -> Path:
    """Write files into a folder; ``__`` in a name is a dot, ``_in_`` a slash."""
    for name, content in files.items():
        path = folder / name.replace("_in_", "/").replace("__", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def read(folder: Path, content: str | bytes | None = None, **files: str | bytes) -> Loaded:
    """Write and read a register; ``content`` is its one file ``register.yaml``."""
    if content is not None:
        files["register__yaml"] = content
    return load(written(folder, **files), duties=DUTIES, parts=PARTS, now=NOW)


def told(loaded: Loaded) -> list[str]:
    """Errors as ``line: what``."""
    return [f"{error.where.line if error.where else '-'}: {error.what}" for error in loaded.errors]
