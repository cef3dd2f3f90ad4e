"""What every page is made with: its parts, the digests that its policy names, a template that trusts no text.

Knows no page. Text that a template writes is made safe to show, then escaped; markup must say that it is.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from importlib.resources import files
from typing import Any

import jinja2
from markupsafe import Markup

from demarc.reports.text import safe_text


def part(package: str, name: str) -> str:
    """A template, style or script that lies in a package."""
    return files(package).joinpath(name).read_text(encoding="utf-8")


def digest(text: str) -> str:
    """How a content security policy names a style or script: ``sha256-...``."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def environment(package: str, *, safe: Callable[[str], str] = safe_text) -> jinja2.Environment:
    """Templates of a package. ``safe`` makes text from input safe to show; Jinja escapes it afterwards."""

    def finalize(value: Any) -> Any:
        return safe(value) if isinstance(value, str) and not isinstance(value, Markup) else value

    return jinja2.Environment(
        loader=jinja2.FunctionLoader(lambda name: part(package, name)),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
