"""CODEOWNERS and OWNERS: a pipeline by the rule for everything; namespaces only where settings map folders."""

from __future__ import annotations

import time

import pytest

from demarc.model.register import Selector
from demarc.register.codeowners import matches
from tests.register.reading import read, told

SETTINGS = """\
teams: [{id: payments, aliases: ["@acme/payments"]}, {id: web, aliases: ["@acme/web"]}]
people: [{id: bob}]
settings:
  codeowners:
    - file: CODEOWNERS
      repository: github.com/acme/shop
      paths:
        deploy/payments/: payments
        /deploy/web: web
"""


def claims(loaded):
    return [(claim.owner, str(claim.scope)) for claim in loaded.register.claims]


def test_the_last_default_rule_owns_the_pipeline_and_mapped_folders_their_namespaces(tmp_path):
    content = """\
# who owns what
*                   @acme/platform
*                   @acme/web bob@example.com   # both
/deploy/payments/   @acme/payments
*.md                @bob
"""
    loaded = read(tmp_path, SETTINGS, CODEOWNERS=content)
    assert loaded.problems == ()
    assert claims(loaded) == [
        ("web", "pipeline=github.com/acme/shop"),
        ("bob@example.com", "pipeline=github.com/acme/shop"),
        ("payments", "namespace=payments"),
        ("web", "namespace=web"),
        ("bob@example.com", "namespace=web"),
    ]
    assert loaded.register.claims[2].origin.endswith("CODEOWNERS:4 (CODEOWNERS rule /deploy/payments/)")
    assert loaded.register.claims[2].where.line == 4


def test_a_later_rule_without_owners_takes_ownership_away(tmp_path):
    loaded = read(tmp_path, SETTINGS, CODEOWNERS="* @acme/web\n/deploy/\n")
    assert claims(loaded) == [("web", "pipeline=github.com/acme/shop")]
    assert len(loaded.warnings) == 2


def test_sections_of_gitlab_count_each_for_itself(tmp_path):
    loaded = read(
        tmp_path,
        **{
            "gitlab.com_in_acme_in_api_in_.gitlab_in_CODEOWNERS": "[Code][2] @acme/api\n*\n^[Docs]\n* @acme/docs\n",
        },
    )
    assert claims(loaded) == [
        ("@acme/api", "pipeline=gitlab.com/acme/api"),
        ("@acme/docs", "pipeline=gitlab.com/acme/api"),
    ]


def test_the_folder_names_the_repository_no_further_than_it_goes(tmp_path):
    loaded = read(tmp_path, shop_in_docs_in_CODEOWNERS="* @acme/shop\n")
    assert loaded.register.claims[0].scope == Selector(pipeline="*/shop")


def test_without_a_repository_nothing_is_guessed(tmp_path):
    loaded = read(tmp_path, CODEOWNERS="* @acme/shop\n")
    assert loaded.register.claims == ()
    assert [warning.what for warning in loaded.warnings] == ["nothing says which repository this file is of"]


def test_settings_for_a_file_that_is_not_there_are_an_error(tmp_path):
    assert told(read(tmp_path, SETTINGS)) == ["5: there is no file 'CODEOWNERS' in the register"]


def test_approvers_of_an_owners_file_own_its_repository(tmp_path):
    content = "approvers:\n- alice\n- sig-auth\nreviewers: [bob]\n"
    loaded = read(tmp_path, **{"github.com_in_acme_in_op_in_OWNERS": content})
    assert claims(loaded) == [("alice", "pipeline=github.com/acme/op"), ("sig-auth", "pipeline=github.com/acme/op")]
    for shape in ("approvers: x", "[]", "approvers: [{a: b}]", "filters: {}"):
        assert claims(read(tmp_path, **{"github.com_in_acme_in_op_in_OWNERS": shape})) == []


def test_what_is_no_owner_is_told(tmp_path):
    loaded = read(tmp_path, shop_in_CODEOWNERS="* acme/shop @ok\n")
    assert claims(loaded) == [("@ok", "pipeline=*/shop")]
    assert [warning.what for warning in loaded.warnings] == ["not an owner: 'acme/shop'"]


@pytest.mark.parametrize(
    ("pattern", "path", "covered"),
    [
        ("*", "a/b", True),
        ("/a/", "a/b", True),
        ("/a", "a/b", True),
        ("a/", "x/a/b", True),
        ("a", "x/a/b", True),
        ("/a/", "x/a/b", False),
        ("a/b", "x/a/b", False),
        ("a/*", "a/b", True),
        ("a/*", "a/b/c", False),
        ("a/**", "a/b/c", True),
        ("**/b", "a/b/c", True),
        ("a/**/c", "a/b/b/c", True),
        ("a/**/c", "a/c", True),
        ("*.yaml", "a/b.yaml", True),
        ("*.yaml", "a/b", False),
        ("a?", "ab/c", True),
        ("/a/*/", "a/b/c", True),
        ("A/", "a/b", False),
    ],
)
def test_patterns_match_as_in_gitignore(pattern, path, covered):
    assert matches(pattern, tuple(path.split("/"))) is covered


def test_patterns_made_to_explode_take_no_time():
    started = time.process_time()
    assert not matches("/".join(["**", "*a*a*a*a*a*a*b"] * 20), ("a" * 200,) * 40)
    assert time.process_time() - started < 2
