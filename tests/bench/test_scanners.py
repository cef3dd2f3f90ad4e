"""Another scanner counts only when it looked at something."""

import pytest
from bench.scanners import checkov_looked_at, trivy_looked_at


@pytest.mark.parametrize(
    ("answer", "count"),
    [
        ('{"results": {}, "summary": {"passed": 9, "resource_count": 7}}', 7),
        ('{"results": "' + "x" * 9000 + '", "summary": {"resource_count": 4076}}', 4076),
        ('{"passed": 0, "resource_count": 0}', 0),
        ("", 0),
        ("Traceback", 0),
        ("[]", 0),
    ],
)
def test_what_it_looked_at_is_read_from_its_answer(tmp_path, answer, count):
    path = tmp_path / "answer.json"
    path.write_text(answer)
    assert checkov_looked_at(path) == count


def test_no_answer_means_that_it_looked_at_nothing(tmp_path):
    assert checkov_looked_at(tmp_path / "none.json") == 0
    assert trivy_looked_at(tmp_path / "none.json") == 0


def test_an_answer_without_results_looked_at_nothing(tmp_path):
    path = tmp_path / "answer.json"
    path.write_text('{"SchemaVersion": 2, "ArtifactName": "x"}')
    assert trivy_looked_at(path) == 0
    path.write_text('{"Results": [{"Misconfigurations": [{"Severity": "HIGH", "Status": "FAIL"}]}]}')
    assert trivy_looked_at(path) > 0
