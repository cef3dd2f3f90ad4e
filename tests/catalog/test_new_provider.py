"""Adding a provider is adding one file; a damaged file is refused rather than half read."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from demarc.catalog import boundaries, files
from demarc.catalog.boundaries import boundary, providers
from demarc.model.boundary import Party

NEW_PROVIDER: dict[str, Any] = {
    "provider": "acme",
    "title": "Acme Kubernetes",
    "firm": "Acme",
    "compiled": "2026-11-23",
    "models": {"managed": "managed"},
    "channels": {"support": "a support case", "vulnerability": "", "notices": ""},
    "describe": {"acme.cluster": "acme describe CLUSTER"},
    "sources": [{"id": "acme_srm", "url": "https://acme.example/srm", "date": None, "kind": "responsibility_doc"}],
    "rows": [
        {
            "duty": "node.patching",
            "component": "node_os",
            "models": ["managed"],
            "party": "ambiguous",
            "basis": "specific",
            "confidence": "high",
            "source": "acme_srm",
            "note": "The page names both.",
            "readings": [
                {"party": "provider", "says": "Acme patches.", "source": "acme_srm"},
                {"party": "customer", "says": "The page is silent.", "source": None},
            ],
            "settle": "Read `autoPatch` of the cluster.",
        }
    ],
    "uncovered": [{"model": "managed", "reason": "one page read", "duties": ["identity.rbac"]}],
}


@pytest.fixture
def catalogue_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    (tmp_path / "boundaries").mkdir()
    caches = (files.read, files.names, boundaries.providers, boundaries.boundary, boundaries.models, boundaries._index)

    def forget() -> None:
        for cached in caches:
            cached.cache_clear()

    forget()
    monkeypatch.setattr(files, "files", lambda _package: tmp_path)
    yield tmp_path
    forget()


def test_adding_a_provider_is_adding_one_file(catalogue_folder):
    (catalogue_folder / "boundaries" / "acme.yaml").write_text(yaml.safe_dump(NEW_PROVIDER))
    assert providers() == ("acme",)
    row = boundary("acme").row("managed", "node.patching", "node_os")
    assert row is not None
    assert row.id == "acme/managed/node_os/node.patching"
    assert [reading.party for reading in row.readings] == [Party.PROVIDER, Party.CUSTOMER]
    assert boundary("acme").why_uncovered("managed", "identity.rbac") == "one page read"


def test_a_misspelt_field_of_a_file_is_refused(catalogue_folder):
    damaged = {**NEW_PROVIDER, "rows": [{**NEW_PROVIDER["rows"][0], "confidnce": "high"}]}
    (catalogue_folder / "boundaries" / "acme.yaml").write_text(yaml.safe_dump(damaged))
    with pytest.raises(msgspec.ValidationError, match="confidnce"):
        boundary("acme")


def test_a_pair_answered_twice_for_a_model_is_refused(catalogue_folder):
    damaged = {**NEW_PROVIDER, "rows": [NEW_PROVIDER["rows"][0]] * 2}
    (catalogue_folder / "boundaries" / "acme.yaml").write_text(yaml.safe_dump(damaged))
    with pytest.raises(ValueError, match="twice"):
        boundary("acme").row("managed", "node.patching", "node_os")


def test_the_files_are_the_only_list_of_providers():
    folder = Path(files.__file__).parent / "boundaries"
    assert providers() == tuple(sorted(path.stem for path in folder.glob("*.yaml")))
