"""Reads the catalogue's own YAML files. They are part of the package: a damaged one is our fault and raises."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import yaml


@cache
def read(path: str) -> Any:
    """Read a file of the catalogue, such as ``boundaries/eks.yaml``, as plain values.

    The answer is shared between callers and must not be changed.
    """
    data = files(__package__).joinpath(path).read_bytes()
    # The package's own files, read by the safe loader in its C form.
    return yaml.load(data, Loader=yaml.CSafeLoader)


def raw(path: str) -> bytes:
    """The bytes of a file of the catalogue, for evidence of what was asked."""
    return files(__package__).joinpath(path).read_bytes()


@cache
def head(path: str, until: str) -> Any:
    """Read the part of a file before the top-level key ``until``: a large file whose head says enough."""
    text = files(__package__).joinpath(path).read_text("utf-8")
    return yaml.load(text.partition(f"\n{until}:")[0], Loader=yaml.CSafeLoader)


@cache
def names(folder: str) -> tuple[str, ...]:
    """Names of the YAML files in a folder of the catalogue, without suffix, sorted."""
    found = (item.name for item in files(__package__).joinpath(folder).iterdir())
    return tuple(sorted(name.removesuffix(".yaml") for name in found if name.endswith(".yaml")))
