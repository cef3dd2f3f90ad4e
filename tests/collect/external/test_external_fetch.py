from __future__ import annotations

import json
import re
import stat
import sys

import pytest

from demarc.collect.external import CommandResult, fetch, recognise
from demarc.collect.external.commands import COMMANDS, Command
from demarc.collect.external.fetch import run_command
from demarc.collect.external.recognise import SHAPES
from demarc.model.errors import DemarcError
from demarc.model.evidence import GapReason
from tests.collect.external import samples

ROLE = "arn:aws:iam::111122223333:role/admins"
ANSWERS = {
    "eks describe-cluster": {"cluster": samples.EKS_CLUSTER},
    "eks list-nodegroups": {"nodegroups": ["general"]},
    "eks describe-nodegroup": {"nodegroup": samples.NODEGROUP},
    "ec2 describe-launch-template-versions": {"LaunchTemplateVersions": []},
    "eks list-addons": {"addons": ["coredns"]},
    "eks describe-addon": {"addon": samples.ADDON},
    "eks list-access-entries": {"accessEntries": [ROLE]},
    "eks describe-access-entry": {"accessEntry": samples.ENTRY},
    "eks list-associated-access-policies": samples.POLICIES,
    "eks list-fargate-profiles": {"fargateProfileNames": []},
    "eks list-pod-identity-associations": {"associations": [samples.ASSOCIATION_SUMMARY]},
    "eks describe-pod-identity-association": {"association": samples.ASSOCIATION},
    "eks list-capabilities": {"capabilities": []},
    "logs describe-log-groups": {"logGroups": []},
}


def ok(value):
    return CommandResult(code=0, stdout=json.dumps(value).encode())


class Fake:
    """Answers by the words of the command; everything else fails as told."""

    def __init__(self, answers, otherwise=None):
        self.answers = answers
        self.otherwise = otherwise or CommandResult(code=254, stderr=b"\nAn error occurred (AccessDeniedException)")
        self.typed = []

    def __call__(self, command):
        self.typed.append(list(command))
        words = " ".join(command[1:])
        return next((ok(value) for key, value in self.answers.items() if words.startswith(key)), self.otherwise)


def every(commands):
    for command in commands:
        yield command
        yield from every(command.each)


ALL = [command for commands in COMMANDS.values() for command in every(commands)]


@pytest.mark.parametrize("command", ALL, ids=Command.pattern)
def test_every_command_only_reads(command):
    verbs = [word for word in command.line if re.match(r"^[a-z]", word)]
    assert any(re.match(r"^(describe|list|show|get-iam-policy)", word) for word in verbs)
    changing = re.compile(r"^(create|delete|update|set|add|remove|put|attach|get-(token|credentials|access))")
    assert not any(changing.match(word) for word in verbs)


@pytest.mark.parametrize("command", ALL, ids=Command.pattern)
def test_every_command_gives_a_kind_that_is_read(command):
    assert command.gives in {kind for shape in SHAPES for kind in shape.kinds}


def test_a_cluster_of_eks_is_described_with_all_that_it_names():
    run = Fake(ANSWERS)
    answers, gaps = fetch("eks", "shop", region="eu-central-1", run=run)
    assert gaps == []
    assert answers[0][0] == "aws eks describe-cluster --name shop --output json --region eu-central-1"
    assert all(line[-2:] == ["--region", "eu-central-1"] for line in run.typed)
    assert run.typed[3][3:7] == ["--launch-template-id", "lt-0a1b", "--versions", "3"]
    kinds = {r.kind for o, b in answers if (f := recognise(json.loads(b), origin=o)) for r in f[1]}
    assert {"eks.cluster", "eks.nodegroup", "eks.addonList", "eks.accessEntry", "eks.fargateProfileList"} <= kinds
    assert "eks.podIdentityAssociation" in kinds


def test_answers_come_in_the_same_order_every_time():
    names = [f"n{count}" for count in range(40)]
    answers = {**ANSWERS, "eks list-addons": {"addons": names}}
    one, other = (fetch("eks", "shop", run=Fake(answers))[0] for _ in range(2))
    assert one == other
    described = [origin for origin, _ in one if "describe-addon" in origin]
    assert [line.split()[6] for line in described] == names


def test_gke_learns_its_project_from_the_cluster():
    run = Fake({"container clusters list": [{"name": "shop", "selfLink": samples.GKE}], "projects": {}, "iam": []})
    answers, gaps = fetch("gke", "shop", run=run)
    assert gaps == []
    assert ["gcloud", "projects", "get-iam-policy", "shop-prod", "--format=json", "--quiet"] in run.typed
    assert len(answers) == 4


def test_gke_with_a_place_describes_one_cluster():
    run = Fake({}, otherwise=ok({}))
    fetch("gke", "shop", region="europe-west3", project="shop-prod", run=run)
    assert run.typed[0] == [
        *("gcloud", "container", "clusters", "describe", "shop", "--location=europe-west3", "--format=json"),
        *("--quiet", "--project=shop-prod"),
    ]
    assert not any("list" in line and "clusters" in line for line in run.typed)


def test_aks_finds_its_group_and_says_none_as_none():
    run = Fake({"aks list": [samples.AKS_CLI], "k8s-extension": {"extensions": []}}, otherwise=ok([]))
    answers, gaps = fetch("aks", "shop", run=run)
    assert gaps == []
    assert run.typed[0][3:5] == ["--query", "[?name=='shop']"]
    assert any("rg-shop" in line for line in run.typed)
    assert any(line[1:3] == ["role", "assignment"] and samples.AKS in line for line in run.typed)
    shapes = [found[0] for origin, body in answers if (found := recognise(json.loads(body), origin=origin))]
    assert "az k8s-extension show, list" in shapes


def test_aks_with_a_group_asks_for_one_cluster():
    run = Fake({"aks show": samples.AKS_CLI}, otherwise=ok([]))
    fetch("aks", "shop", resource_group="rg-shop", project="9f3d1c1e", run=run)
    assert not any(line[1:3] == ["aks", "list"] for line in run.typed)
    assert all(line[-2:] == ["--subscription", "9f3d1c1e"] for line in run.typed)


@pytest.mark.parametrize("provider", ["gke", "aks"])
def test_a_cluster_that_nobody_finds_is_a_gap(provider):
    _, gaps = fetch(provider, "shop", run=lambda _: ok([]))
    assert (gaps[0].what, gaps[0].detail) == (f"{provider}.cluster", "no cluster of that name")


def test_rosa_is_described():
    run = Fake({"describe cluster": samples.OCM_CLUSTER, "list machinepools": []})
    answers, gaps = fetch("rosa", "shop", run=run)
    assert (len(answers), gaps) == (2, [])


def test_what_needs_an_answer_that_never_came_is_a_gap():
    answers, gaps = fetch("aks", "shop", run=Fake({}))
    assert answers == []
    assert {gap.what for gap in gaps} >= {"aks.cluster", "aks.extension", "azure.diagnosticSetting"}
    assert any("group" in gap.detail for gap in gaps)


@pytest.mark.parametrize(
    ("result", "reason", "todo"),
    [
        (CommandResult(code=None, missing=True), GapReason.UNAVAILABLE, "install the AWS CLI"),
        (CommandResult(code=None, timed_out=True), GapReason.UNAVAILABLE, "run it yourself"),
        (CommandResult(code=254, stderr=b"AccessDeniedException: no"), GapReason.FORBIDDEN, "let the account read it"),
        (CommandResult(code=255, stderr=b"Unable to locate credentials"), GapReason.UNAVAILABLE, "sign in with aws"),
        (CommandResult(code=252, stderr=b"argument operation: Invalid choice"), GapReason.UNAVAILABLE, "update it"),
        (CommandResult(code=1), GapReason.UNAVAILABLE, "aws eks describe-cluster --name CLUSTER"),
        (CommandResult(code=0, stdout=b"not json"), GapReason.MALFORMED, "run it yourself"),
    ],
)
def test_what_does_not_answer_is_a_gap_with_what_to_do(result, reason, todo):
    _, gaps = fetch("eks", "shop", run=lambda _: result)
    assert gaps[0].what == "eks.cluster"
    assert gaps[0].reason is reason
    assert todo in gaps[0].todo


def test_a_missing_program_is_tried_once():
    run = Fake({}, otherwise=CommandResult(code=None, missing=True))
    _, gaps = fetch("eks", "shop", run=run)
    assert len(run.typed) == 1
    assert {gap.what for gap in gaps} >= {"eks.cluster", "eks.addon", "eks.nodegroup"}


def test_words_of_a_failed_command_lose_secrets_and_escapes():
    said = b"\n  \x1b[31mbad token eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl \xff" + b"x" * 9000
    _, gaps = fetch("eks", "shop", run=lambda _: CommandResult(code=1, stderr=said))
    assert "eyJ" not in str(gaps)
    assert "\x1b" not in gaps[0].detail
    assert len(gaps[0].detail) < 400


@pytest.mark.parametrize("name", ["", "-x", "--output=text", "a b", "a;rm", "a'b", "a{b}", "a\n", "$(id)", "x" * 300])
def test_names_that_could_be_options_or_code_are_refused(name):
    run = Fake({})
    with pytest.raises(DemarcError):
        fetch("eks", name, run=run)
    if name:
        for hint in ("region", "project", "resource_group"):
            with pytest.raises(DemarcError):
                fetch("aks", "shop", run=run, **{hint: name})
    assert run.typed == []


def test_a_provider_without_commands_is_an_error():
    with pytest.raises(DemarcError, match="doks"):
        fetch("doks", "shop", run=Fake({}))


@pytest.mark.parametrize("name", ["--query", "-x", "a\nb", "a;b", "", "$(id)"])
def test_names_in_answers_that_could_be_options_are_left_out(name):
    run = Fake({**ANSWERS, "eks list-addons": {"addons": ["coredns", name]}})
    _, gaps = fetch("eks", "shop", run=run)
    assert not any(name in line for line in run.typed if name)
    assert ("eks.addon", GapReason.REFUSED) in {(gap.what, gap.reason) for gap in gaps}


@pytest.mark.parametrize("odd", [None, 5, [], {"addons": None}, {"addons": [None, {}]}, {"nodegroup": []}])
def test_odd_answers_name_nothing(odd):
    fetch("eks", "shop", run=lambda _: ok(odd))
    fetch("gke", "shop", run=lambda _: ok(odd))
    fetch("aks", "shop", run=lambda _: ok(odd))


def program(folder, name, body):
    place = folder / name
    place.write_text(f"#!{sys.executable}\nimport sys\n{body}\n")
    place.chmod(place.stat().st_mode | stat.S_IXUSR)


def test_real_programs_on_the_path_are_run_without_a_shell(tmp_path, monkeypatch):
    program(tmp_path, "rosa", "print('[]') if 'list' in sys.argv else (sys.stderr.write('403 Forbidden'), sys.exit(1))")
    monkeypatch.setenv("PATH", str(tmp_path))
    answers, gaps = fetch("rosa", "shop")
    assert [body.strip() for _, body in answers] == [b"[]"]
    assert [gap.reason for gap in gaps] == [GapReason.FORBIDDEN]


def test_a_program_that_is_not_there_or_never_ends_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert run_command(["rosa"]).missing
    program(tmp_path, "rosa", "import time; time.sleep(60)")
    assert run_command(["rosa"], timeout=0.5).timed_out
    (tmp_path / "aws").write_text("not a program")
    assert run_command(["aws"]).code is None
