"""The page on the boundary is what a maintainer writes a provider file from: it must name every field and word."""

import re
from pathlib import Path

import pytest

from demarc.catalog.boundaries import ProviderBoundary, providers
from demarc.catalog.vocabulary import vocabulary
from demarc.model.boundary import Basis, BoundaryRow, Party

PAGE = (Path(__file__).parents[2] / "docs" / "concepts" / "boundary.md").read_text()
DERIVED_FROM_THE_FILE = {"provider"}
FIELDS = [*ProviderBoundary.__struct_fields__, *(set(BoundaryRow.__struct_fields__) - DERIVED_FROM_THE_FILE)]


def table_row(first_cell: str) -> str:
    lines = [line for line in PAGE.splitlines() if re.match(rf"\| .*`{first_cell}`.* \|", line)]
    assert lines, f"no table row explains {first_cell}"
    return lines[-1]


@pytest.mark.parametrize("field", sorted(FIELDS))
def test_every_field_of_a_file_is_explained(field):
    assert re.search(rf"(?m)^\| [^|]*`{field}`[^|]*\| \S", PAGE)


@pytest.mark.parametrize("word", [*Party, *Basis, "eq", "ne", "in", "contains", "exists", "absent"])
def test_every_party_basis_and_operator_is_explained(word):
    assert re.search(rf"(?m)^\| `{word}` \| \S", PAGE)


@pytest.mark.parametrize("party", [Party.PROVIDER, Party.CUSTOMER, Party.SHARED, Party.THIRD_PARTY])
def test_the_table_of_other_standards_says_what_the_catalogue_says(party):
    terms, line = vocabulary()[party], table_row(party)
    assert (terms.csa_ssrm or "-").split(" (")[0] in line
    assert all(origination in line for origination in terms.fedramp_origination or ())
    assert (terms.nist_800_53 or "-") in line
    assert (terms.crm_inheritance or "-") in line


def test_the_page_names_no_provider_that_the_catalogue_lacks():
    for name in ("EKS", "GKE", "AKS", "ROSA"):
        assert name in PAGE
        assert name.lower() in providers()
