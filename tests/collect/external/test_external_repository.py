from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from demarc.collect.external import gaps, repository
from demarc.collect.external.codeowners import rules
from demarc.collect.external.gitconfig import name_of, remotes, without_credentials
from demarc.collect.external.plain import WITHHELD
from demarc.collect.external.yamlfile import HostileYaml, documents
from demarc.model.evidence import GapReason

CONFIG = """
[core]
    url = not-this-one
[remote "origin"]
    url = https://oauth2:hunter2@gitlab.example.com/acme/platform/checkout.git
    fetch = +refs/heads/*:refs/remotes/origin/*
[remote "fork"]
    url = git@github.com:ada/checkout.git
"""

WORKFLOW = """
name: deploy
on:
  push: {branches: [main]}
permissions:
  id-token: write
  contents: read
jobs:
  deploy:
    runs-on: ubuntu-latest
    env:
      AWS_SECRET_ACCESS_KEY: wJalrXUtnFEMI
      API_TOKEN: ${{ secrets.API_TOKEN }}
    steps:
      - uses: actions/checkout@v4
      - uses: docker/login-action@v3
        with: {username: bot, password: "${{ secrets.REGISTRY }}"}
"""


def write(root: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        place = root / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(content)
    return root


@pytest.fixture
def checkout(tmp_path):
    return write(
        tmp_path,
        {
            ".git/config": CONFIG,
            ".git/HEAD": "ref: refs/heads/main\n",
            ".github/workflows/deploy.yml": WORKFLOW,
            ".github/workflows/notes.txt": "x",
            ".gitlab-ci.yml": (
                "deploy:\n  script:\n    - !reference [.setup, script]\n"
                "  id_tokens:\n    VAULT_TOKEN: {aud: https://vault}\n"
            ),
            ".github/CODEOWNERS": "* @acme/platform\n",
            "CODEOWNERS": "* @ignored\n",
            "catalog-info.yaml": (
                "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: checkout}\n---\n"
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: no}\n"
            ),
            "deploy/base/kustomization.yaml": "resources: []\n",
            "deploy/chart/Chart.yaml": "name: checkout\n",
            "node_modules/x/catalog-info.yaml": "apiVersion: backstage.io/v1\nkind: API\nmetadata: {name: no}\n",
        },
    )


def of(records, kind):
    return [item for item in records if item.kind == kind]


def test_a_checkout_is_read(checkout):
    records = repository(checkout)
    assert {item.kind: item.name for item in records} == {
        "repository.checkout": "acme/platform/checkout",
        "repository.workflow": ".github/workflows/deploy.yml",
        "repository.gitlabCi": ".gitlab-ci.yml",
        "repository.codeowners": ".github/CODEOWNERS",
        "backstage.entity": "checkout",
        "repository.kustomization": "deploy/base/kustomization.yaml",
        "repository.chart": "deploy/chart/Chart.yaml",
    }
    assert {item.parent for item in records} == {"", "acme/platform/checkout"}
    assert gaps(records) == []


def test_credentials_in_remotes_are_left_out(checkout):
    (found,) = of(repository(checkout), "repository.checkout")
    assert found.body["remotes"] == {
        "origin": "https://gitlab.example.com/acme/platform/checkout.git",
        "fork": "git@github.com:ada/checkout.git",
    }
    assert found.body["branch"] == "main"


def test_workflows_keep_references_and_rights_and_lose_literal_secrets(checkout):
    (found,) = of(repository(checkout), "repository.workflow")
    document = found.body["document"]
    job = document["jobs"]["deploy"]
    assert document["on"] == {"push": {"branches": ["main"]}}
    assert document["permissions"] == {"id-token": "write", "contents": "read"}
    assert job["env"] == {"AWS_SECRET_ACCESS_KEY": WITHHELD, "API_TOKEN": "${{ secrets.API_TOKEN }}"}
    assert job["steps"][1]["with"]["password"] == "${{ secrets.REGISTRY }}"


def test_a_literal_secret_under_secrets_of_a_workflow_is_left_out(tmp_path):
    workflow = "on: {workflow_call: {secrets: {TOKEN: {required: true}}}}\njobs: {a: {secrets: {TOKEN: hunter2}}}\n"
    document = repository(write(tmp_path, {".github/workflows/a.yml": workflow}))[-1].body["document"]
    assert document["on"]["workflow_call"]["secrets"] == {"TOKEN": {"required": True}}
    assert document["jobs"]["a"]["secrets"] == {"TOKEN": WITHHELD}


def test_gitlab_references_and_id_tokens_are_kept(checkout):
    (found,) = of(repository(checkout), "repository.gitlabCi")
    assert found.body["document"]["deploy"] == {
        "script": [{"!reference": [".setup", "script"]}],
        "id_tokens": {"VAULT_TOKEN": {"aud": "https://vault"}},
    }


def test_the_first_codeowners_that_github_looks_at_counts(checkout):
    (found,) = of(repository(checkout), "repository.codeowners")
    assert found.body["rules"] == [{"pattern": "*", "owners": ["@acme/platform"], "line": 1}]


def test_a_folder_without_git_is_named_after_itself(tmp_path):
    (found,) = repository(write(tmp_path / "shop", {"readme": ""}))
    assert (found.name, found.body["remotes"]) == ("shop", {})


def test_links_are_not_followed(tmp_path):
    outside = write(tmp_path / "outside", {"secret.yml": "on: push\n", "w/x.yml": "on: push\n"})
    inside = write(tmp_path / "repo", {".github/workflows/ok.yml": "on: push\n"})
    (inside / ".github/workflows/link.yml").symlink_to(outside / "secret.yml")
    (inside / "CODEOWNERS").symlink_to(outside / "secret.yml")
    (inside / "loop").symlink_to(inside)
    assert [item.name for item in repository(inside)[1:]] == [".github/workflows/ok.yml"]
    (tmp_path / "other/.github").mkdir(parents=True)
    (tmp_path / "other/.github/workflows").symlink_to(outside / "w")
    assert len(repository(tmp_path / "other")) == 1


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("a: [", GapReason.MALFORMED),
        ("[" * 5000, GapReason.MALFORMED),
        ("- " * 5000, GapReason.MALFORMED),
        ("a: 2024-99-99", GapReason.MALFORMED),
        ("\x00\x01", GapReason.MALFORMED),
        ("a: " + "x" * (1024 * 1024), GapReason.TOO_LARGE),
    ],
)
def test_what_cannot_be_read_is_a_gap(tmp_path, content, reason):
    records = repository(write(tmp_path, {".github/workflows/bad.yml": content}))
    (gap,) = gaps(records)
    assert (gap.what, gap.reason) == (".github/workflows/bad.yml", reason)
    assert len(records) == 2


def test_a_bomb_of_aliases_stays_small(tmp_path):
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 20)]
    records = repository(write(tmp_path, {".github/workflows/bomb.yml": "\n".join(lines)}))
    assert len(json.dumps(records[-1].body)) < 5_000_000


def test_tags_build_no_objects():
    (found,) = documents("a: !!python/object/apply:os.system [echo]\nb: !ruby/object {x: 1}\nc: =\n")
    assert found["b"] == {"!ruby/object": {"x": 1}}
    assert "a" in found


def test_many_documents_are_refused():
    with pytest.raises(HostileYaml):
        documents("---\na\n" * 600)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_a_gap(tmp_path):
    write(tmp_path, {".gitlab-ci.yml": "a: 1\n"})
    (tmp_path / ".gitlab-ci.yml").chmod(0)
    assert [gap.reason for gap in gaps(repository(tmp_path))] == [GapReason.UNAVAILABLE]


def test_a_path_that_is_not_there_is_a_gap(tmp_path):
    assert [gap.reason for gap in gaps(repository(tmp_path / "none"))] == [GapReason.UNAVAILABLE]


def test_code_owners_of_gitlab_have_sections():
    found, complete = rules(
        "# head\n*.rb @ruby ops@example.com # note\n\\#odd @x\ndocs\\ old/ @y\n\n"
        "^[Docs][2] @writers\ndocs/\n/api/ @api\n[DB]\nempty\n"
    )
    assert complete
    assert found == [
        {"pattern": "*.rb", "owners": ["@ruby", "ops@example.com"], "line": 2},
        {"pattern": "\\#odd", "owners": ["@x"], "line": 3},
        {"pattern": "docs\\ old/", "owners": ["@y"], "line": 4},
        {"pattern": "docs/", "owners": ["@writers"], "line": 7, "section": "Docs", "optional": True, "approvals": 2},
        {"pattern": "/api/", "owners": ["@api"], "line": 8, "section": "Docs", "optional": True, "approvals": 2},
        {"pattern": "empty", "owners": [], "line": 10, "section": "DB", "optional": False, "approvals": 1},
    ]


@pytest.mark.parametrize(
    ("address", "clean", "name"),
    [
        ("https://x:y@github.com/acme/a.git", "https://github.com/acme/a.git", "acme/a"),
        ("https://github.com/acme/a?access_token=z", "https://github.com/acme/a", "acme/a"),
        ("ssh://git@host:2222/acme/a.git", "ssh://host:2222/acme/a.git", "acme/a"),
        ("token@host:acme/a", "host:acme/a", "acme/a"),
        ("git@host:acme/a.git", "git@host:acme/a.git", "acme/a"),
        ("/srv/git/a.git", "/srv/git/a.git", ""),
        ("https://[bad", "", ""),
    ],
)
def test_addresses_lose_their_credentials(address, clean, name):
    assert without_credentials(address) == clean
    assert name_of(clean) == name


def test_other_sections_of_a_git_config_are_not_remotes():
    assert remotes('[url "https://t:s@h/"]\n insteadOf = x\n url = y\n') == {}
