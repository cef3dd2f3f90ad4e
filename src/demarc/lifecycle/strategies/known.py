"""All strategies by name: those that Demarc brings, and those of installed packages (docs/concepts/strategies.md)."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import Final

from demarc.lifecycle.strategies.aws_keys import AwsKeyIssuer
from demarc.lifecycle.strategies.bound_token import BoundTokenIssuer
from demarc.lifecycle.strategies.cert_manager import CertManagerStrategy
from demarc.lifecycle.strategies.command import CommandIssuer
from demarc.lifecycle.strategies.external_secrets import ExternalSecretsStrategy
from demarc.lifecycle.strategies.generated import GeneratedIssuer
from demarc.lifecycle.strategies.interface import Strategy
from demarc.lifecycle.strategies.new_secret import NewSecretStrategy
from demarc.lifecycle.strategies.own_ca import OwnCaIssuer
from demarc.lifecycle.strategies.postgresql import PostgresqlIssuer
from demarc.lifecycle.strategies.projected_token import ProjectedTokenStrategy
from demarc.lifecycle.strategies.registry_robot import RegistryRobotIssuer
from demarc.lifecycle.strategies.retire import RetireStrategy
from demarc.lifecycle.strategies.withdraw import WithdrawStrategy

GROUP: Final = "demarc.strategies"
"""Entry points of this group are classes of strategies or issuers, made without arguments."""


def installed_strategies() -> dict[str, Strategy]:
    """The strategies that Demarc brings, and those of installed packages; names of its own cannot be taken."""
    own = strategies()
    for entry in sorted(entry_points(group=GROUP), key=lambda one: one.name):
        made = entry.load()()
        strategy: Strategy = made if hasattr(made, "phases") else NewSecretStrategy(made)
        own.setdefault(strategy.name, strategy)
    return own


def strategies() -> dict[str, Strategy]:
    """The strategies that Demarc brings."""
    found: tuple[Strategy, ...] = (
        ProjectedTokenStrategy(),
        NewSecretStrategy(BoundTokenIssuer()),
        RetireStrategy(),
        WithdrawStrategy(),
        CertManagerStrategy(),
        ExternalSecretsStrategy(),
        NewSecretStrategy(OwnCaIssuer()),
        NewSecretStrategy(RegistryRobotIssuer()),
        NewSecretStrategy(AwsKeyIssuer()),
        NewSecretStrategy(PostgresqlIssuer()),
        NewSecretStrategy(GeneratedIssuer()),
        NewSecretStrategy(CommandIssuer()),
    )
    return {strategy.name: strategy for strategy in found}
