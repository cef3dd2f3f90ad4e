"""Reads the example as any reader would: from its files, knowing nothing of the script that wrote them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2] / "examples"
EXAMPLE = ROOT / "fjordkite"


@cache
def objects() -> tuple[dict[str, Any], ...]:
    """Every object of the dump."""
    found: list[dict[str, Any]] = []
    for path in sorted((EXAMPLE / "cluster").glob("*.json")):
        found += json.loads(path.read_text())["items"]
    return tuple(found)


def of(kind: str) -> Iterator[dict[str, Any]]:
    """Objects of a kind."""
    return (item for item in objects() if item["kind"] == kind)


def place(item: dict[str, Any]) -> str:
    """``namespace/name``, or the name of what has no namespace."""
    meta = item["metadata"]
    return f"{meta['namespace']}/{meta['name']}" if "namespace" in meta else str(meta["name"])


def places(kind: str) -> set[str]:
    """Places of all objects of a kind."""
    return {place(item) for item in of(kind)}


def template(item: dict[str, Any]) -> dict[str, Any] | None:
    """Pod spec of a pod or of what makes pods."""
    spec: dict[str, Any] = item.get("spec", {})
    if item["kind"] == "Pod":
        return spec
    if item["kind"] == "CronJob":
        spec = spec["jobTemplate"]["spec"]
    found: dict[str, Any] | None = spec["template"]["spec"] if "template" in spec else None
    return found


@cache
def events() -> tuple[dict[str, Any], ...]:
    """Every audit event, in the order of the file."""
    lines = gzip.decompress((EXAMPLE / "audit" / "audit.log.gz").read_bytes()).splitlines()
    return tuple(json.loads(line) for line in lines)


@cache
def truth() -> dict[str, Any]:
    """What the trail holds."""
    read: dict[str, Any] = json.loads((EXAMPLE / "audit" / "truth.json").read_text())
    return read


@cache
def answer(name: str) -> dict[str, Any]:
    """An answer of a cloud tool, by the name of its file."""
    read: dict[str, Any] = json.loads((EXAMPLE / f"{name}.json").read_text())
    return read
