"""How AWS CLI version 2 writes answers down: times, names of things."""

from __future__ import annotations

from typing import Any

from make.company import ACCOUNT, REGION
from make.stable import moment

Answer = dict[str, Any]


def cli(time: str) -> str:
    """Write a time as the CLI does."""
    return moment(time).isoformat(timespec="microseconds")


def arn(service: str, rest: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{rest}"
