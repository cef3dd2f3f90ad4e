"""The provider boundaries: one file per provider. Adding a provider is adding a file to ``boundaries/``."""

from __future__ import annotations

from functools import cache

import msgspec
from msgspec import Struct

from demarc.catalog.files import head, names, read
from demarc.model.boundary import BoundaryRow, SourceDocument


class Channels(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the provider is reached."""

    support: str
    vulnerability: str
    notices: str


class Uncovered(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Duties that the pages read leave open for a model."""

    model: str
    reason: str
    duties: tuple[str, ...]


class ProviderBoundary(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything the catalogue says of one provider."""

    provider: str
    title: str
    firm: str
    compiled: str
    """Day on which the pages were last read, ISO 8601."""
    models: dict[str, str]
    """Deployment models: key -> name for people."""
    channels: Channels
    describe: dict[str, str]
    """Object type of conditions -> the user's own command that prints its description."""
    sources: tuple[SourceDocument, ...]
    rows: tuple[BoundaryRow, ...]
    uncovered: tuple[Uncovered, ...]

    def row(self, model: str, duty: str, component: str) -> BoundaryRow | None:
        """The one row that answers a duty on a part for a deployment model; None when nothing read answers it."""
        return _index(self.provider).get((model, duty, component))

    def why_uncovered(self, model: str, duty: str) -> str:
        """Why no row answers, in words; empty when the catalogue gives no reason."""
        return next((gap.reason for gap in self.uncovered if gap.model == model and duty in gap.duties), "")

    def source(self, source_id: str | None) -> SourceDocument | None:
        """A source by id."""
        return next((source for source in self.sources if source.id == source_id), None)


@cache
def providers() -> tuple[str, ...]:
    """Keys of all providers in the catalogue, sorted."""
    return names("boundaries")


@cache
def boundary(provider: str) -> ProviderBoundary:
    """The boundary of a provider. Raises KeyError for a key that the catalogue does not have."""
    if provider not in providers():
        raise KeyError(provider)
    raw = read(f"boundaries/{provider}.yaml")
    rows = [{**row, "provider": provider} for row in raw["rows"]]
    return msgspec.convert({**raw, "rows": rows}, ProviderBoundary)


@cache
def models() -> dict[str, tuple[str, ...]]:
    """Deployment models by provider. Reads the heads of the files alone: they come before the sources."""
    return {provider: tuple(head(f"boundaries/{provider}.yaml", "sources")["models"]) for provider in providers()}


@cache
def _index(provider: str) -> dict[tuple[str, str, str], BoundaryRow]:
    found: dict[tuple[str, str, str], BoundaryRow] = {}
    for row in boundary(provider).rows:
        for model in row.models:
            key = (model, row.duty, row.component)
            if key in found:
                raise ValueError(f"boundaries/{provider}.yaml answers {key} twice")
            found[key] = row
    return found
