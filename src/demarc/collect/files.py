"""Which files of a folder or an archive are read, by their names: what is known to be no data is passed over knowingly.

A folder of a must-gather holds thousands of logs; naming each as unread would bury what matters. Names decide only
what is not looked at; what is read is told by its content.
"""

from __future__ import annotations

from enum import Enum, auto
from pathlib import PurePosixPath

_PACKED = (".gz", ".zst", ".bz2", ".xz")
_DATA = (".json", ".yaml", ".yml", ".jsonl", ".ndjson", ".csv", ".tar", ".tgz", ".tzst", ".tbz2", ".txz", ".zip")
_OTHER = (
    *(".log", ".md", ".rst", ".adoc", ".html", ".htm", ".css", ".js", ".ts", ".py", ".go", ".rb", ".sh", ".ps1", ".tf"),
    *(".png", ".jpg", ".jpeg", ".gif", ".svg", ".pdf", ".ico", ".pem", ".crt", ".key", ".pub", ".csr", ".der", ".p12"),
    *(".tpl", ".tmpl", ".lock", ".toml", ".ini", ".cfg", ".conf", ".properties", ".xml", ".prom", ".db", ".journal"),
)
_FOLDERS = frozenset(
    {"logs", "host_service_logs", "audit_logs", "pod-logs", "__MACOSX", "node_modules", "etcd_info", "monitoring"}
)
_NAMES = frozenset(
    {
        "LICENSE",
        "Makefile",
        "Dockerfile",
        "README",
        "NOTES.txt",
        "CODEOWNERS",
        "OWNERS",
        "timestamp",
        "version",
        "_helpers.tpl",
    }
)


class Wanted(Enum):
    """Whether a file is looked at."""

    YES = auto()
    PERHAPS = auto()
    """By its content: nothing is known of its name."""
    NO = auto()


def wanted(path: str) -> Wanted:
    """Tell whether a file is looked at, by its path inside the folder or archive (with slashes)."""
    pure = PurePosixPath(path)
    if any(part.startswith(".") or part in _FOLDERS for part in pure.parts) or pure.name in _NAMES:
        return Wanted.NO
    name = pure.name.lower()
    bare = next((name.removesuffix(suffix) for suffix in _PACKED if name.endswith(suffix)), name)
    if bare.endswith(_OTHER) or bare.endswith("-logs"):
        return Wanted.NO
    return Wanted.YES if bare != name or bare.endswith(_DATA) else Wanted.PERHAPS


def looks_like_data(start: bytes) -> bool:
    """Tell whether the first bytes of a file of unknown name are Kubernetes objects or JSON."""
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n")
    return text[:1] in {b"{", b"["} or b"apiVersion:" in start
