"""Which way is the safe one for a credential: at the source of truth, and reversible as long as it can be.

A decision over values: no cluster, no clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from msgspec import Struct

from demarc.lifecycle.credential import Credential, CredentialKind
from demarc.lifecycle.managers import is_in_git
from demarc.lifecycle.strategies.interface import Fit, Strategy
from demarc.lifecycle.strategies.withdraw import WITHDRAW
from demarc.lifecycle.wishes import Wish

PULL_REQUEST: Final = "pull-request"
_UNUSED_DAYS: Final = 30
_SHOWN: Final = 5
_AT_SOURCE: Final = {"external-secrets": "external-secrets", "cert-manager": "cert-manager"}


class Choice(Struct, frozen=True, kw_only=True):
    """A way, or why there is none."""

    strategy: str = ""
    fit: Fit = Fit()
    problem: str = ""
    todo: str = ""


def choose(credential: Credential, wish: Wish, strategies: Mapping[str, Strategy], today: date) -> Choice:
    """Choose the way for one credential."""
    if credential.authority:
        return _of_authority(credential)
    manager = credential.manager
    if is_in_git(manager):
        return Choice(strategy=PULL_REQUEST)
    if manager is not None and manager.kind not in _AT_SOURCE:
        return Choice(
            problem=f"{manager.kind} keeps it ({manager.evidence}) and takes back what others write: {manager.reverts}",
            todo=f"change it at {manager.source}",
        )
    if manager is not None and wish.strategy not in ("", _AT_SOURCE[manager.kind]):
        return Choice(
            problem=f"{wish.strategy} would write what {manager.kind} keeps and takes back",
            todo=f"leave the strategy out, or change it at {manager.source}",
        )
    names = [wish.strategy] if wish.strategy else _candidates(credential, wish, today)
    if not names:
        return Choice(problem=_nobody(credential), todo=_todo(credential))
    problems: list[str] = []
    for name in names:
        strategy = strategies.get(name)
        if strategy is None:
            return Choice(problem=f"there is no strategy {name!r}", todo=f"one of {', '.join(sorted(strategies))}")
        missing = [one.name for one in strategy.settings if one.required and not wish.settings.get(one.name)]
        if missing:
            problems.append(f"{name} needs the settings {', '.join(missing)}")
            continue
        fit = strategy.fit(credential, wish.settings)
        if not fit.problem:
            return Choice(strategy=name, fit=fit)
        problems.append(f"{name}: {fit.problem}")
    return Choice(problem="; ".join(problems), todo=_todo(credential))


def _of_authority(credential: Credential) -> Choice:
    """No one step replaces an authority: whatever trusts the old one alone refuses what the new one signed."""
    leaves, trusting = credential.leaves, credential.trusted_by
    held = ", ".join(consumer.key for consumer in credential.consumers)
    signed = f"{', '.join(leaves[:_SHOWN])}{f' and {len(leaves) - _SHOWN} more' if len(leaves) > _SHOWN else ''}"
    seen = [
        f"certificates that name it as issuer: {signed}" if leaves else "no certificate that names it as issuer",
        f"trusted by {', '.join(trusting)}" if trusting else "no caBundle, ConfigMap or Secret that trusts it",
        *([f"used by {held}"] if held else []),
    ]
    trust = [*trusting, "every image and client that has a copy of its certificate"]
    again = f"sign {signed} anew" if leaves else "sign anew what it signed"
    return Choice(
        problem="it is a certificate authority: replaced in one step, it takes trust from all that it signed. "
        f"In sight: {'; '.join(seen)}"
        ". Not in sight: copies of its certificate in images and outside of the cluster",
        todo=f"(1) put the new certificate beside the old one in {'; '.join(trust)}; "
        f"(2) {again}, each by its own plan; (3) take the old one out once nothing shows a certificate of it",
    )


def _candidates(credential: Credential, wish: Wish, today: date) -> list[str]:
    """Strategies to try, the safest first."""
    if credential.given is not None:
        return [WITHDRAW]
    if credential.manager is not None:
        return [_AT_SOURCE[credential.manager.kind]]
    if credential.kind is CredentialKind.LEGACY_TOKEN:
        if credential.consumers:
            return ["projected-token", "bound-token"]
        return ["retire"] if _is_unused(credential, wish, today) else ["bound-token"]
    return []


def _is_unused(credential: Credential, wish: Wish, today: date) -> bool:
    """Nothing refers to it, nobody names a user outside, and the API server noted no use lately."""
    if wish.external:
        return False
    if credential.turned_off:
        return True  # nobody can use it, whatever was noted before
    if not credential.tracked:
        return False
    if not credential.last_used:
        return True
    try:
        return (today - date.fromisoformat(credential.last_used)).days >= _UNUSED_DAYS
    except ValueError:
        return False


def _nobody(credential: Credential) -> str:
    return {
        CredentialKind.TLS: "no mark says who signs this certificate",
        CredentialKind.REGISTRY: "it is not said how its registry issues credentials",
        CredentialKind.CLOUD_KEY: "it is not said which IAM user the key is of",
    }.get(credential.kind, "it is not said who issues this value; a random one may not be accepted anywhere")


def _todo(credential: Credential) -> str:
    name = {
        CredentialKind.TLS: "own-ca",
        CredentialKind.REGISTRY: "registry-robot",
        CredentialKind.CLOUD_KEY: "aws-access-key",
        CredentialKind.LEGACY_TOKEN: "bound-token",
    }.get(credential.kind, "postgresql, generated or command")
    return f"name the strategy ({name}) and its settings for {credential.key} in the file of --settings"
