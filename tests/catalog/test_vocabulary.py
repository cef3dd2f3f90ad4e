"""Every party has its words in other standards, or none where the standard has none."""

import msgspec
import pytest

from demarc.catalog.vocabulary import vocabulary
from demarc.model.boundary import Party


def test_every_party_has_an_entry():
    assert set(vocabulary()) == set(Party)


def test_an_ambiguous_party_has_no_word_anywhere_and_says_what_to_do():
    terms = msgspec.to_builtins(vocabulary()[Party.AMBIGUOUS])
    assert terms.pop("note")
    assert set(terms.values()) == {None}


@pytest.mark.parametrize("party", [Party.PROVIDER, Party.CUSTOMER, Party.SHARED])
def test_a_settled_party_has_a_word_in_every_standard(party):
    terms = msgspec.to_builtins(vocabulary()[party])
    terms.pop("note")
    assert all(terms.values())


def test_no_two_parties_share_a_word():
    for field in ("csa_ssrm", "fedramp_origination", "oscal_export", "nist_800_53", "crm_inheritance"):
        words = [getattr(terms, field) for terms in vocabulary().values() if getattr(terms, field) is not None]
        assert len(words) == len(set(words)), field


def test_a_third_party_is_outsourced_in_csa_terms_and_nowhere_an_inherited_control():
    terms = vocabulary()[Party.THIRD_PARTY]
    assert terms.csa_ssrm == "Third-party outsourced"
    assert terms.oscal_export is None
    assert terms.note
