"""Signing in by plugins."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from demarc.model.errors import DemarcError
from demarc.testing import FakeCluster, Request, a_pod
from tests.collect.api_support import TLS, TRUSTED, encoded, opened, server_tls, version
from tests.collect.live_support import collected

V1 = "client.authentication.k8s.io/v1"


@pytest.fixture
def own_temp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "temp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def plugin(folder: Path, body: str, name: str = "sign-in") -> Path:
    """Write a plugin in Python; ``body`` has ``info`` (KUBERNETES_EXEC_INFO), ``calls`` (earlier runs) and ``say``."""
    file = folder / name
    file.write_text(
        f"""#!{sys.executable}
import json, os, pathlib, sys
info = json.loads(os.environ["KUBERNETES_EXEC_INFO"])
log = pathlib.Path({str(folder / "calls")!r})
calls = len(log.read_text().splitlines()) if log.exists() else 0
with log.open("a") as file: file.write(json.dumps([info, sys.argv[1:], os.environ.get("EXTRA", "")]) + "\\n")
def say(**status):
    print(json.dumps({{"apiVersion": info["apiVersion"], "kind": "ExecCredential", "status": status}}))
{body}
"""
    )
    file.chmod(0o755)
    return file


def calls(folder: Path) -> list[Any]:
    return [json.loads(line) for line in (folder / "calls").read_text().splitlines()]


def by_plugin(command: object, **more: Any) -> dict[str, Any]:
    return {"exec": {"apiVersion": V1, "command": str(command), "interactiveMode": "Never", **more}}


@pytest.mark.parametrize("api", [V1, "client.authentication.k8s.io/v1beta1"])
def test_a_plugin_signs_in_with_a_token(tmp_path: Path, api: str) -> None:
    file = plugin(tmp_path, "say(token='from-plugin', expirationTimestamp='2030-01-01T00:00:00Z')")
    user = by_plugin(
        file, apiVersion=api, args=["get-token", "--cluster", "x"], env=[{"name": "EXTRA", "value": "yes"}]
    )
    with FakeCluster(tokens={"from-plugin"}) as cluster, opened(cluster.kubeconfig(user=user), tmp_path) as reader:
        assert version(reader) == 200
    ((info, arguments, extra),) = calls(tmp_path)
    assert info == {"apiVersion": api, "kind": "ExecCredential", "spec": {"interactive": False}}
    assert (arguments, extra) == (["get-token", "--cluster", "x"], "yes")


def test_a_plugin_is_found_beside_its_kubeconfig_or_in_the_path(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    plugin(tmp_path / "bin", "say(token='t')")
    with FakeCluster(tokens={"t"}) as cluster:
        for command, environment in (("./bin/sign-in", {}), ("sign-in", {"PATH": str(tmp_path / "bin")})):
            text = cluster.kubeconfig(user=by_plugin(command))
            with opened(text, tmp_path, environment=environment) as reader:
                assert version(reader) == 200


def test_a_plugin_signs_in_with_a_certificate_that_is_not_left_on_disk(tmp_path: Path, own_temp: Path) -> None:
    file = plugin(
        tmp_path,
        f"say(clientCertificateData=open({str(TLS / 'client.crt')!r}).read(),"
        f" clientKeyData=open({str(TLS / 'client.key')!r}).read())",
    )
    with (
        FakeCluster(tls=server_tls(client_certificates=True)) as cluster,
        opened(cluster.kubeconfig(user=by_plugin(file), cluster=TRUSTED), tmp_path) as reader,
    ):
        assert version(reader) == 200
    assert list(own_temp.iterdir()) == []


def test_a_plugin_is_told_of_the_cluster_where_it_asks_for_it(tmp_path: Path) -> None:
    (tmp_path / "ca.crt").write_bytes((TLS / "ca.crt").read_bytes())
    file = plugin(tmp_path, "say(token='t')")
    named = {
        "certificate-authority": "ca.crt",
        "tls-server-name": "kube.example",
        "extensions": [{"name": "client.authentication.k8s.io/exec", "extension": {"audience": "x"}}],
    }
    with FakeCluster(tls=server_tls()) as cluster:
        text = cluster.kubeconfig(user=by_plugin(file, provideClusterInfo=True), cluster=named)
        opened(text, tmp_path).close()
        url = cluster.url
    ((info, _, _),) = calls(tmp_path)
    assert info["spec"]["cluster"] == {
        "server": url,
        "tls-server-name": "kube.example",
        "certificate-authority-data": encoded("ca.crt"),
        "config": {"audience": "x"},
    }


def test_a_plugin_runs_again_when_its_token_ends_during_a_collection(tmp_path: Path) -> None:
    file = plugin(tmp_path, "say(token=f'token-{calls}')")

    def lapse(request: Request) -> None:
        if request.path == "/api/v1/pods" and cluster.tokens == {"token-0"}:
            cluster.tokens = {"token-1"}

    with FakeCluster([a_pod()], tokens={"token-0"}, before=lapse) as cluster:
        found = collected(cluster, tmp_path, user=by_plugin(file))
    assert found.builder.named("/api/v1/pods")
    assert found.builder.gaps == []
    assert len(calls(tmp_path)) == 2


def test_a_plugin_whose_tokens_are_never_accepted_is_not_run_for_ever(tmp_path: Path) -> None:
    file = plugin(tmp_path, "say(token='wrong')")
    with FakeCluster(tokens={"right"}) as cluster, pytest.raises(DemarcError, match="does not accept"):
        collected(cluster, tmp_path, user=by_plugin(file))
    assert len(calls(tmp_path)) == 2


def test_a_failing_plugin_is_named_with_its_first_words_and_nothing_of_what_it_printed(tmp_path: Path) -> None:
    file = plugin(
        tmp_path,
        "say(token='printed-anyway')\n"
        "print('\\n\\x1b[31mToken has expired, run aws sso login\\nTraceback', file=sys.stderr)\n"
        "sys.exit(255)",
    )
    with FakeCluster() as cluster, pytest.raises(DemarcError) as caught:
        opened(cluster.kubeconfig(user=by_plugin(file)), tmp_path)
    says = str(caught.value)
    assert "Token has expired, run aws sso login" in says
    assert "code 255" in says
    assert "sign-in" in says
    for hidden in ("printed-anyway", "Traceback", "\x1b"):
        assert hidden not in says


@pytest.mark.parametrize(
    ("command", "hint"),
    [
        ("aws", "AWS CLI"),
        ("gke-gcloud-auth-plugin", "gcloud components install"),
        ("kubelogin", "az aks install-cli"),
        ("our-own", "see the wiki"),
    ],
)
def test_a_missing_plugin_is_named_with_how_to_get_it(tmp_path: Path, command: str, hint: str) -> None:
    user = by_plugin(command, installHint="see the wiki\n\nand more")
    with FakeCluster() as cluster, pytest.raises(DemarcError) as caught:
        opened(cluster.kubeconfig(user=user), tmp_path, environment={"PATH": str(tmp_path)})
    assert f"plugin {command} of context fake is not installed" in str(caught.value)
    assert hint in caught.value.problems[0].todo


@pytest.mark.parametrize(
    "body",
    [
        "print('eyJ-a-token-in-plain-text')",
        'print(\'{"token": "eyJ-a-token-in-plain-text"}\')',
        "say()",
        "say(clientCertificateData='eyJ-a-token-in-plain-text')",
        "say(token=['eyJ-a-token-in-plain-text'])",
        "info['apiVersion'] = 'client.authentication.k8s.io/v1alpha1'; say(token='eyJ-a-token-in-plain-text')",
        "print(b'\\xff'.decode('latin1') * 10)",
    ],
)
def test_a_plugin_that_prints_something_else_is_named_and_its_output_is_not(tmp_path: Path, body: str) -> None:
    file = plugin(tmp_path, body)
    with FakeCluster() as cluster, pytest.raises(DemarcError) as caught:
        opened(cluster.kubeconfig(user=by_plugin(file)), tmp_path)
    shown = str(caught.value) + repr(caught.value.__cause__) + repr(caught.value.problems)
    assert "eyJ" not in shown


def test_a_plugin_of_the_first_interface_is_told_to_be_renewed(tmp_path: Path) -> None:
    user = by_plugin("aws", apiVersion="client.authentication.k8s.io/v1alpha1")
    with FakeCluster() as cluster, pytest.raises(DemarcError) as caught:
        opened(cluster.kubeconfig(user=user), tmp_path)
    assert "aws eks update-kubeconfig" in caught.value.problems[0].todo


def test_a_plugin_that_needs_somebody_says_so_where_nobody_is(tmp_path: Path) -> None:
    file = plugin(tmp_path, "say(token='t')")
    with FakeCluster() as cluster, pytest.raises(DemarcError, match="at a terminal"):
        opened(cluster.kubeconfig(user=by_plugin(file, interactiveMode="Always")), tmp_path)


def test_a_plugin_that_may_ask_is_told_that_somebody_is_there_and_its_words_are_passed_on(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = plugin(tmp_path, "print('open https://sign.in', file=sys.stderr); say(token='t')")
    with FakeCluster(tokens={"t"}) as cluster:
        text = cluster.kubeconfig(user=by_plugin(file, interactiveMode="IfAvailable"))
        with opened(text, tmp_path, terminal=True) as reader:
            assert version(reader) == 200
    assert calls(tmp_path)[0][0]["spec"]["interactive"] is True
    captured = capfd.readouterr()
    assert "open https://sign.in" in captured.err
    assert captured.out == ""


def test_a_plugin_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("demarc.collect.live.plugins._PATIENCE", 0.3)
    file = plugin(tmp_path, "import time; time.sleep(60)")
    with FakeCluster() as cluster, pytest.raises(DemarcError, match="did not answer in"):
        opened(cluster.kubeconfig(user=by_plugin(file)), tmp_path)


def test_a_plugin_that_talks_a_lot_does_not_block(tmp_path: Path) -> None:
    file = plugin(tmp_path, "print('x' * 1_000_000, file=sys.stderr); say(token='t' * 100_000)")
    with FakeCluster() as cluster:
        opened(cluster.kubeconfig(user=by_plugin(file)), tmp_path).close()
