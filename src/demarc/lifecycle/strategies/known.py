"""All strategies by name. A program of its own can add more: see docs/concepts/strategies.md."""

from __future__ import annotations

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


def strategies() -> dict[str, Strategy]:
    """The strategies that Demarc brings."""
    found: tuple[Strategy, ...] = (
        ProjectedTokenStrategy(),
        NewSecretStrategy(BoundTokenIssuer()),
        RetireStrategy(),
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
