"""Reading users' checks: everything wrong is told at once, with its line."""

from __future__ import annotations

import yaml

from demarc.model.posture import Severity
from tests.posture.user.given import a_policy, read


def test_a_policy_is_a_check_with_its_duty():
    found = read(a_policy("has(object.metadata.labels)"))
    assert found.problems == ()
    facts = found.policies[0].facts
    assert (facts.id, facts.duty, facts.severity) == (
        "cost-centre.example.com",
        "governance.ownership",
        Severity.MEDIUM,
    )
    assert facts.looks_at == ("deployments",)


def test_a_binding_beside_it_belongs_to_enforcing_and_is_passed_over():
    binding = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": "b"},
        "spec": {"policyName": "cost-centre.example.com", "validationActions": ["Deny"]},
    }
    found = read(a_policy("true"), binding)
    assert found.problems == ()
    assert len(found.policies) == 1


def test_everything_wrong_is_told_at_once_with_its_line():
    bad = a_policy(
        "quantity('1Gi') == quantity('1Gi')",
        "request.operation == 'CREATE'",
        name="DM-POD-001",
        annotations={"demarc.dev/duty": "no.such", "demarc.dev/severity": "awful", "demarc.dev/colour": "red"},
        rules=[{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["DELETE"], "resources": ["pods/exec"]}],
        paramKind={"apiVersion": "v1", "kind": "ConfigMap"},
    )
    text = yaml.safe_dump(bad, sort_keys=False)
    problems = read(text).problems
    said = " / ".join(problem.what for problem in problems)
    for part in (
        "missing or taken",
        "no duty 'no.such'",
        "'awful' is no severity",
        "no annotation is called demarc.dev/colour",
        "it looks at DELETE only",
        "it matches a subresource",
        "it has params",
        "quantity library",
        "asks about a request",
    ):
        assert part in said, part
    assert read(text).policies == ()
    line = next(number for number, words in enumerate(text.splitlines(), 1) if "request.operation" in words)
    wrong = next(problem for problem in problems if "request" in problem.what)
    assert wrong.where is not None
    assert (wrong.where.file, wrong.where.line) == ("checks/own.yaml", line)
    assert all(problem.todo for problem in problems)


def test_what_is_no_check_is_refused():
    problems = read({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}}).problems
    assert "ConfigMap is no check" in problems[0].what
    assert read("a: [1\n").problems
    assert read(a_policy()).problems
    assert read(a_policy("true", rules=[])).problems


def test_a_test_of_a_policy_that_is_not_there_is_refused():
    test = {
        "apiVersion": "demarc.dev/v1",
        "kind": "CheckTest",
        "metadata": {"name": "t"},
        "policy": "other",
        "cases": [],
    }
    assert "no policy 'other'" in read(a_policy("true"), test).problems[0].what
    odd = {**test, "policy": "cost-centre.example.com", "cases": [{"name": "a", "expect": "fine", "object": {}}]}
    assert "'fine' is no answer" in read(a_policy("true"), odd).problems[0].what


def test_two_policies_cannot_have_one_name():
    assert "missing or taken" in read(a_policy("true"), a_policy("true")).problems[0].what
