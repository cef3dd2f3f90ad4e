"""``demarc paths`` and ``demarc radius`` as somebody types them, over a graph that needs no technique."""

from __future__ import annotations

import json

import pytest

from demarc.cli import paths_seen
from demarc.cli.main import run
from demarc.model.graph import Thing
from demarc.testing import a_cluster_role_binding, a_deployment, a_list, a_namespace, a_node

from .small import ADMIN, WEB, Company, company

HOSTILE = '\x1b[2Jx"]; end\n<script>alert(1)</script>\u202e'


@pytest.fixture
def ask(tmp_path, monkeypatch, capfdbinary):
    monkeypatch.setenv("DEMARC_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("DEMARC_REGISTER", raising=False)
    monkeypatch.setenv("COLUMNS", "120")
    dump = tmp_path / "cluster.json"
    objects = [a_namespace("shop"), a_node("node-1"), a_deployment("web", "shop"), a_cluster_role_binding("admins")]
    dump.write_text(json.dumps(a_list(objects)))
    monkeypatch.setattr(paths_seen, "access_graph", lambda _view: company())

    def typed(*words, expect=0):
        code = run([*words, "--snapshot", str(dump)])
        out, err = capfdbinary.readouterr()
        assert code == expect, err.decode()
        return (out if expect == 0 else err).decode()

    return typed


def test_a_path_is_told_step_by_step_with_the_duty_and_who_answers(ask):
    said = ask("paths", "--from", "internet", "--to", "cluster-admin")
    assert "Shortest path and most likely from the internet to cluster-admin" in said
    assert "5 steps; every step was seen to be possible" in said
    assert "given by: RoleBinding shop/web" in said
    assert "first, grant RoleBinding shop/read: get secrets in shop:" in said
    assert "would stop it: identity.rbac in cluster:prod: " in said
    assert "Unowned" in said


def test_an_unknown_path_says_what_was_not_seen(ask):
    said = ask("paths", "--from", "addon", "--to", "cluster-admin")
    assert "rests on what could not be seen" in said
    assert "unknown: the Pod Security level of kube-system was not seen" in said


def test_no_path_says_why(ask):
    assert "Nothing that was seen is somebody without a credential." in ask(
        "paths", "--from", "anonymous", "--to", "node"
    )
    assert "No step that is known leads there" in ask("paths", "--from", "pipeline", "--to", "node")


def test_the_summary_names_who_reaches_what(ask):
    said = ask("paths")
    assert "cluster-admin: reached from" in said
    assert "internet  5 steps" in said


def test_choke_points_are_given_by_grant_by_duty_and_by_owner(ask):
    said = ask("paths", "--choke", "--from", "internet")
    assert "1 grant cuts every path that was seen from the internet to cluster-admin (no fewer do)" in said
    assert "1 duty cuts every path that was seen" in said
    assert "To cut also what could not be seen: 1 grant, or 1 duty" in said
    assert "also those over what could not be seen" in ask("paths", "--choke", "--all")
    assert "By owner" in said


def test_without_a_grant_both_answers_are_told(ask):
    said = ask("paths", "--from", "internet", "--to", "cluster-admin", "--without", "rolebinding read")
    assert "As it is: 5 steps. With the change: no path." in said
    said = ask("paths", "--to", "cluster-admin", "--without", "RoleBinding shop/read")
    assert "closed: internet to cluster-admin" in said


def test_a_grant_that_nothing_rests_on_is_an_error_with_what_was_meant(ask):
    said = ask("paths", "--without", "RoleBinding shop/raed", expect=2)
    assert "did you mean 'RoleBinding shop/read'?" in said


def test_a_misspelt_entry_is_an_error_with_what_was_meant(ask):
    assert "did you mean 'pod:shop'?" in ask("paths", "--from", "pod:shpo", "--to", "node", expect=2)


def test_with_a_manifest_the_graph_is_made_again_over_both(ask, tmp_path, monkeypatch):
    more = tmp_path / "more.json"
    more.write_text(json.dumps(a_list([a_cluster_role_binding("admins", labels={"new": "yes"}), a_namespace("more")])))

    def graph(view):
        made = Company()
        made.step("USES_IDENTITY", WEB, (Thing.IDENTITY, "ServiceAccount shop/web"))
        bindings = view.snapshot.objects["ClusterRoleBinding.rbac.authorization.k8s.io"]
        assert len(bindings) == 1
        if bindings[0].labels.get("new"):
            assert {one.metadata.name for one in view.snapshot.objects["Namespace"]} >= {"shop", "more"}
            made.step("GRANTED", WEB, ADMIN)
        else:
            made.builder.node(*ADMIN)
        return made.builder.build()

    monkeypatch.setattr(paths_seen, "access_graph", graph)
    said = ask("paths", "--from", "pod:shop", "--to", "cluster-admin", "--with", str(more))
    assert "As it is: no path. With the change: 1 step." in said


def test_the_radius_starts_with_the_impacts(ask):
    said = ask("radius", "sa:shop/web", "--crown-jewel", "sa:shop/deployer")
    assert "reaches 3 things" in said
    assert said.index("Impact: secret shop/database") < said.index("Impact: cluster-admin") < said.index("All that it")
    assert "Impact: identity ServiceAccount shop/deployer" in said


def test_json_holds_the_answer_and_who_answers(ask):
    said = json.loads(ask("paths", "--from", "internet", "--to", "cluster-admin", "--format", "json"))
    assert next(hop["technique"] for hop in said["ways"]["shortest"]["hops"]) == "EXPOSED"
    assert {one["duty"] for one in said["answerable"]} >= {"network.exposure", "identity.rbac"}
    choke = json.loads(ask("paths", "--choke", "--format", "json"))
    assert [one["by"] for one in choke["choke"]] == ["grants", "duties"] * 2
    assert json.loads(ask("paths", "--format", "json"))["reaches"]["cells"]
    assert json.loads(ask("radius", "internet", "--format", "json"))["radius"]["impacts"]


@pytest.mark.parametrize("form", ["mermaid", "dot"])
def test_only_an_answer_is_drawn(ask, form):
    assert "cluster-admin" in ask("paths", "--from", "internet", "--to", "cluster-admin", "--format", form)
    assert "database" in ask("radius", "internet", "--format", form)
    assert "draws one path or one radius" in ask("paths", "--format", form, expect=2)
    assert "no path to draw" in ask("paths", "--from", "node", "--to", "addon", "--format", form, expect=2)


@pytest.mark.parametrize(
    "words", [("paths",), ("paths", "--from", "internet", "--to", "cluster-admin"), ("paths", "--choke")]
)
@pytest.mark.parametrize("form", ["text", "json"])
def test_hostile_names_reach_no_terminal(ask, monkeypatch, words, form):
    made = Company()
    evil = (Thing.WORKLOAD, f"shop/Deployment/{HOSTILE}")
    made.step("EXPOSED", (Thing.OUTSIDE, "internet"), evil, unknown=HOSTILE)
    made.step("GRANTED", evil, ADMIN, grants=(f"ClusterRoleBinding {HOSTILE}",))
    monkeypatch.setattr(paths_seen, "access_graph", lambda _view: made.builder.build())
    said = ask(*words, "--format", form)
    assert "\x1b[2J" not in said
    if form == "text":
        assert "\u202e" not in said
