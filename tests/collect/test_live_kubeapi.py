"""Opening a cluster: which one, as whom, and what is said when it does not work. (Kept with the live tests.)"""

from __future__ import annotations

import base64
import json
import os
import shutil
import socket
import ssl
import stat
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

import pytest

from demarc.collect.kubeapi import KubeReader, KubeSettings, open_cluster
from demarc.collect.live_interface import NoAnswerError, UnreachableError
from demarc.model.errors import DemarcError
from demarc.testing import FakeCluster, Reply, Request, a_pod
from demarc.testing.cluster import TOKEN
from tests.collect.live_support import collected

TLS = Path(__file__).parents[1] / "fixtures" / "tls"
V1 = "client.authentication.k8s.io/v1"


def server_tls(*, client_certificates: bool = False) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / "server.crt", TLS / "server.key")
    if client_certificates:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(TLS / "ca.crt")
    return context


def encoded(name: str) -> str:
    return base64.b64encode((TLS / name).read_bytes()).decode()


TRUSTED: dict[str, Any] = {"certificate-authority-data": encoded("ca.crt"), "tls-server-name": "kube.example"}


@pytest.fixture
def own_temp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "temp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def opened(text: str, folder: Path, **more: Any) -> KubeReader:
    file = folder / "config"
    file.write_text(text)
    return open_cluster(
        KubeSettings(kubeconfig=str(file)), environment=more.pop("environment", {}), home=folder, **more
    )


def version(reader: KubeReader) -> int:
    return reader.get("/version", {}, "application/json").status


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


# Signing in.


def test_a_token_is_sent_as_a_bearer(tmp_path: Path) -> None:
    with FakeCluster(tokens={TOKEN}) as cluster, opened(cluster.kubeconfig(), tmp_path) as reader:
        assert version(reader) == 200
        assert (reader.context, reader.server, reader.namespace) == ("fake", cluster.url, "default")


def test_a_token_file_wins_over_a_token_and_is_read_again_when_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("first\n")
    user = {"token": "inline", "tokenFile": "token"}
    with FakeCluster(tokens={"first"}) as cluster, opened(cluster.kubeconfig(user=user), tmp_path) as reader:
        assert version(reader) == 200
        cluster.tokens = {"second"}
        (tmp_path / "token").write_text("second\n")
        assert version(reader) == 200


def test_a_user_and_password_are_sent_over_tls_only(tmp_path: Path) -> None:
    user = {"username": "eve", "password": "pa:ss"}
    with FakeCluster(tls=server_tls()) as cluster:
        opened(cluster.kubeconfig(user=user, cluster=TRUSTED), tmp_path).get("/version", {}, "*/*")
        assert cluster.requests[0].headers["authorization"] == "Basic " + base64.b64encode(b"eve:pa:ss").decode()
    with FakeCluster() as cluster:
        opened(cluster.kubeconfig(user=user), tmp_path).get("/version", {}, "*/*")
        assert "authorization" not in cluster.requests[0].headers


def test_no_credential_is_sent_in_the_clear_to_another_machine(tmp_path: Path) -> None:
    from demarc.collect.kubeapi_config import Target
    from demarc.collect.kubeapi_sign_in import credential_of

    for server, sent in (
        ("http://kube.example", ""),
        ("http://127.0.0.1:8001", TOKEN),
        ("https://kube.example", TOKEN),
    ):
        target = Target(context="c", server=server, namespace="default", cluster={}, user={"token": TOKEN})
        assert credential_of(target, environment={}, terminal=False).token == sent


def test_a_client_certificate_is_shown_and_its_key_is_not_left_on_disk(tmp_path: Path, own_temp: Path) -> None:
    user = {"client-certificate-data": encoded("client.crt"), "client-key-data": encoded("client.key")}
    with FakeCluster(tls=server_tls(client_certificates=True)) as cluster:
        with opened(cluster.kubeconfig(user=user, cluster=TRUSTED), tmp_path) as reader:
            assert list(own_temp.iterdir()) == []
            assert version(reader) == 200
        with (
            opened(cluster.kubeconfig(user={}, cluster=TRUSTED), tmp_path) as reader,
            pytest.raises(DemarcError, match=r"trusted connection|broke off"),
        ):
            version(reader)
    assert list(own_temp.iterdir()) == []


def test_the_folder_of_a_key_is_for_its_owner_alone(
    tmp_path: Path, own_temp: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    load = ssl.SSLContext.load_cert_chain

    def watch(context: ssl.SSLContext, certificate: Path, key: Path, password: str) -> None:
        seen.extend([stat.S_IMODE(key.parent.stat().st_mode), stat.S_IMODE(key.stat().st_mode)])
        load(context, certificate, key, password)

    user = {"client-certificate-data": encoded("client.crt"), "client-key-data": encoded("client.key")}
    with FakeCluster(tls=server_tls()) as cluster:
        monkeypatch.setattr(ssl.SSLContext, "load_cert_chain", watch)
        opened(cluster.kubeconfig(user=user, cluster=TRUSTED), tmp_path).close()
    assert seen == [0o700, 0o600]


def test_certificates_count_from_the_file_that_names_them(tmp_path: Path) -> None:
    """The user's file is another than the cluster's: each has its paths from its own folder."""
    for name, files in (("one", ["ca.crt"]), ("two", ["client.crt", "client.key"])):
        (tmp_path / name).mkdir()
        for file in files:
            (tmp_path / name / file).write_bytes((TLS / file).read_bytes())
    with FakeCluster(tls=server_tls(client_certificates=True)) as cluster:
        named = {"server": cluster.url, "certificate-authority": "ca.crt", "tls-server-name": "kube.example"}
        (tmp_path / "one" / "config").write_text(
            json.dumps(
                {
                    "clusters": [{"name": "c", "cluster": named}],
                    "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u", "namespace": "shop"}}],
                    "current-context": "x",
                }
            )
        )
        user = {"client-certificate": "client.crt", "client-key": "client.key"}
        (tmp_path / "two" / "config").write_text(
            json.dumps({"users": [{"name": "u", "user": user}], "current-context": "another"})
        )
        path = f"{tmp_path}/one/config::{tmp_path}/absent:{tmp_path}/two/config"
        with open_cluster(KubeSettings(), environment={"KUBECONFIG": path}, home=tmp_path) as reader:
            assert version(reader) == 200
            assert reader.namespace == "shop"


def test_impersonation_is_passed_on(tmp_path: Path) -> None:
    user = {"token": TOKEN, "as": "bob", "as-uid": "7", "as-groups": ["a", "b"], "as-user-extra": {"Reason/x": ["r"]}}
    with FakeCluster() as cluster, opened(cluster.kubeconfig(user=user), tmp_path) as reader:
        version(reader)
        headers = cluster.requests[0].headers
    assert headers["impersonate-user"] == "bob"
    assert headers["impersonate-uid"] == "7"
    assert headers["impersonate-group"] == "b"  # the last of two; the fake keeps one
    assert headers["impersonate-extra-reason%2fx"] == "r"


def test_groups_without_a_user_are_an_error_and_not_left_out(tmp_path: Path) -> None:
    with FakeCluster() as cluster, pytest.raises(DemarcError, match="without a user"):
        opened(cluster.kubeconfig(user={"token": TOKEN, "as-groups": ["a"]}), tmp_path)


@pytest.mark.parametrize("user", [{"token": "two\nlines"}, {"token": "a b"}, {"token": "t\u00f6ken"}])
def test_a_token_that_no_header_can_hold_is_named_without_being_shown(tmp_path: Path, user: dict[str, str]) -> None:
    with FakeCluster() as cluster, pytest.raises(DemarcError) as caught:
        opened(cluster.kubeconfig(user=user), tmp_path)
    assert user["token"] not in str(caught.value)


def test_an_oidc_provider_gives_its_id_token(tmp_path: Path) -> None:
    user = {"auth-provider": {"name": "oidc", "config": {"id-token": TOKEN, "refresh-token": "r"}}}
    with FakeCluster(tokens={TOKEN}) as cluster, opened(cluster.kubeconfig(user=user), tmp_path) as reader:
        assert version(reader) == 200


def test_an_auth_provider_that_kubectl_dropped_says_how_to_renew(tmp_path: Path) -> None:
    user = {"auth-provider": {"name": "gcp", "config": {"access-token": "geheim"}}}
    with FakeCluster() as cluster, pytest.raises(DemarcError) as caught:
        opened(cluster.kubeconfig(user=user), tmp_path)
    assert "get-credentials" in caught.value.problems[0].todo
    assert "geheim" not in str(caught.value)


def test_credentials_show_in_no_repr(tmp_path: Path) -> None:
    with FakeCluster() as cluster, opened(cluster.kubeconfig(), tmp_path) as reader:
        assert TOKEN not in repr(reader) + repr(reader._target)


# Plugins.


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
    monkeypatch.setattr("demarc.collect.kubeapi_exec._PATIENCE", 0.3)
    file = plugin(tmp_path, "import time; time.sleep(60)")
    with FakeCluster() as cluster, pytest.raises(DemarcError, match="did not answer in"):
        opened(cluster.kubeconfig(user=by_plugin(file)), tmp_path)


def test_a_plugin_that_talks_a_lot_does_not_block(tmp_path: Path) -> None:
    file = plugin(tmp_path, "print('x' * 1_000_000, file=sys.stderr); say(token='t' * 100_000)")
    with FakeCluster() as cluster:
        opened(cluster.kubeconfig(user=by_plugin(file)), tmp_path).close()


# Which cluster.


def config(server: str = "https://one.example", **more: Any) -> dict[str, Any]:
    return {
        "clusters": [{"name": "c", "cluster": {"server": server}}],
        "contexts": [
            {"name": "x", "context": {"cluster": "c", "user": "u"}},
            {"name": "y", "context": {"cluster": "c"}},
        ],
        "users": [{"name": "u", "user": {"token": "t"}}],
        "current-context": "x",
        **more,
    }


def write(path: Path, content: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def test_the_first_of_several_kubeconfigs_wins(tmp_path: Path) -> None:
    one = write(tmp_path / "one", config("https://one.example", **{"current-context": ""}))
    two = write(tmp_path / "two", config("https://two.example", **{"current-context": "y"}))
    three = write(tmp_path / "three", config("https://three.example"))
    environment = {"KUBECONFIG": f"{one}:{two}:{three}"}
    reader = open_cluster(KubeSettings(), environment=environment, home=tmp_path)
    assert (reader.server, reader.context) == ("https://one.example", "y")


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")
@pytest.mark.parametrize("order", ["abc", "cab", "bca", "ac", "ba"])
@pytest.mark.parametrize("context", [None, "x", "y"])
def test_several_kubeconfigs_are_merged_as_kubectl_does(tmp_path: Path, order: str, context: str | None) -> None:
    files = {
        "a": config("https://a.example", **{"current-context": ""}),
        "b": config("https://b.example", users=[{"name": "u", "user": {"tokenFile": "b-token"}}]),
        "c": {"contexts": [{"name": "y", "context": {"cluster": "c", "namespace": "n"}}], "current-context": "y"},
    }
    paths = [str(write(tmp_path / name / "config", files[name])) for name in order]
    write(tmp_path / "b" / "b-token", "of-b")
    environment = {"KUBECONFIG": ":".join([paths[0], "", str(tmp_path / "absent"), *paths[1:]])}
    command = ["kubectl", "config", "view", "--minify", "--raw", "-o", "json"]
    command += [f"--context={context}"] if context else []
    told = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, check=False)
    expected: tuple[str, str, str, str] | None = None
    if told.returncode == 0:
        view = json.loads(told.stdout)
        chosen = view["contexts"][0]["context"]
        user = view["users"][0]["user"] if view["users"] else {}
        # Printed as written; only the folder of the file that holds it makes it a path.
        token = (tmp_path / "b" / user["tokenFile"]).read_text() if "tokenFile" in user else user.get("token", "")
        server = view["clusters"][0]["cluster"]["server"]
        expected = (view["current-context"], server, chosen.get("namespace", "default"), token)
    try:
        reader = open_cluster(KubeSettings(context=context), environment=environment, home=tmp_path)
    except DemarcError:
        assert expected is None
    else:
        token = dict(reader._session.headers).get("Authorization", "").removeprefix("Bearer ")
        assert (reader.context, reader.server, reader.namespace, token) == expected


def test_a_context_can_be_chosen(tmp_path: Path) -> None:
    write(tmp_path / ".kube" / "config", config())
    assert open_cluster(KubeSettings(context="y"), environment={}, home=tmp_path).context == "y"


def test_a_given_kubeconfig_stands_for_the_environment(tmp_path: Path) -> None:
    one, two = (
        write(tmp_path / "one", config("https://one.example")),
        write(tmp_path / "two", config("https://two.example")),
    )
    reader = open_cluster(KubeSettings(kubeconfig=str(two)), environment={"KUBECONFIG": str(one)}, home=tmp_path)
    assert reader.server == "https://two.example"


def test_inside_a_cluster_the_service_account_is_used(tmp_path: Path) -> None:
    account = tmp_path / "account"
    account.mkdir()
    (account / "token").write_text("first\n")
    (account / "ca.crt").write_bytes((TLS / "ca.crt").read_bytes())
    (account / "namespace").write_text("shop\n")
    environment = {"KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "443"}
    reader = open_cluster(KubeSettings(), environment=environment, home=tmp_path, service_account=account)
    assert (reader.context, reader.server, reader.namespace) == ("in-cluster", "https://[fd00::1]:443", "shop")
    assert dict(reader._session.headers)["Authorization"] == "Bearer first"
    with pytest.raises(DemarcError, match="no cluster is configured"):
        open_cluster(KubeSettings(context="x"), environment=environment, home=tmp_path, service_account=account)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "no cluster is configured"),
        ("just text", "not a kubeconfig"),
        ("users:\n- name: u\n  user: {token: s3cret\n: :", "not YAML"),
        ("!!python/object/apply:os.system ['true']", "not YAML"),
        ({"clusters": 7}, "must be a list"),
        ({"clusters": [7]}, "must have a name"),
        (config(contexts=[]), "no context x"),
        (config(clusters=[{"name": "other", "cluster": {}}]), "names cluster c"),
        (config(users=[]), "names user u"),
        (config(**{"current-context": ""}), "no context is current"),
        (config(**{"current-context": "z"}), "no context z"),
        (config(""), "no server address"),
        (config("ftp://one.example"), "no server address"),
        (config("https://one.example:port"), "no server address"),
        (config(users=[{"name": "u", "user": {}}] * 2), "two users named u"),
        (config(users=[{"name": "u", "user": {"client-key-data": "%"}}]), "not base64"),
        (config(users=[{"name": "u", "user": {"client-key": "absent"}}]), "cannot be read"),
        (config(users=[{"name": "u", "user": {"tokenFile": "absent"}}]), "cannot be read"),
        (config(users=[{"name": "u", "user": {"client-key-data": "czNjcmV0"}}]), "not PEM"),
        (
            config(
                clusters=[{"name": "c", "cluster": {"server": "https://x", "certificate-authority-data": "czNjcmV0"}}]
            ),
            "not PEM",
        ),
        (
            config(clusters=[{"name": "c", "cluster": {"server": "https://x", "proxy-url": "s3cret@proxy"}}]),
            "proxy address is none",
        ),
    ],
)
def test_a_kubeconfig_that_cannot_be_used_says_why_and_shows_no_secret(tmp_path: Path, content: Any, says: str) -> None:
    file = write(tmp_path / "config", content)
    with pytest.raises(DemarcError) as caught:
        open_cluster(KubeSettings(), environment={"KUBECONFIG": str(file)}, home=tmp_path)
    assert says in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_a_kubeconfig_that_is_named_must_exist(tmp_path: Path) -> None:
    with pytest.raises(DemarcError, match="no such kubeconfig"):
        open_cluster(KubeSettings(kubeconfig=str(tmp_path / "absent")), environment={}, home=tmp_path)


# On the way.


@pytest.fixture
def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    return port


def test_a_refused_connection_is_one_clear_error(tmp_path: Path, closed_port: int) -> None:
    with (
        opened(json.dumps(config(f"https://127.0.0.1:{closed_port}")), tmp_path) as reader,
        pytest.raises(UnreachableError, match="refuses the connection") as caught,
    ):
        version(reader)
    assert f"127.0.0.1:{closed_port}" in str(caught.value)


def test_a_name_that_is_none_is_one_clear_error(tmp_path: Path) -> None:
    with (
        opened(json.dumps(config("https://no-such-host.invalid")), tmp_path) as reader,
        pytest.raises(UnreachableError, match=r"cannot be resolved|cannot be reached"),
    ):
        version(reader)


@pytest.mark.parametrize(
    ("trust", "says"),
    [
        ({}, "self-signed|unable to get local issuer|verify"),
        ({"certificate-authority-data": encoded("ca.crt")}, "IP address mismatch"),
        ({**TRUSTED, "tls-server-name": "other.example"}, "Hostname mismatch"),
    ],
)
def test_a_server_that_is_not_trusted_gets_no_token(tmp_path: Path, trust: dict[str, Any], says: str) -> None:
    with FakeCluster(tls=server_tls()) as cluster, opened(cluster.kubeconfig(cluster=trust), tmp_path) as reader:
        with pytest.raises(UnreachableError, match=says) as caught:
            version(reader)
        assert cluster.requests == []
    assert "certificate-authority" in caught.value.problems[0].todo


def test_an_insecure_cluster_is_not_checked_where_the_kubeconfig_says_so(tmp_path: Path) -> None:
    with FakeCluster(tls=server_tls()) as cluster:
        text = cluster.kubeconfig(cluster={"insecure-skip-tls-verify": True})
        with opened(text, tmp_path) as reader:
            assert version(reader) == 200


def test_a_server_that_does_not_speak_tls_is_one_clear_error(tmp_path: Path) -> None:
    with FakeCluster() as cluster:
        text = cluster.kubeconfig().replace("http://", "https://")
        with opened(text, tmp_path) as reader, pytest.raises(UnreachableError, match="no trusted connection"):
            version(reader)


def test_a_server_that_does_not_answer_or_breaks_off_is_one_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("demarc.collect.kubeapi._READ_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as server:
        answers = [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort", b"garbage\r\n\r\n"]
        held: list[socket.socket] = []

        def serve() -> None:
            for answer in answers:
                connection, _ = server.accept()
                connection.recv(4096)
                connection.sendall(answer)
                held.append(connection)
                if answer:
                    connection.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        with opened(json.dumps(config(f"http://127.0.0.1:{server.getsockname()[1]}")), tmp_path) as reader:
            for _ in answers:
                with pytest.raises(NoAnswerError):
                    version(reader)
        thread.join(5)
        for connection in held:
            connection.close()


def test_a_redirect_is_not_followed(tmp_path: Path) -> None:
    with FakeCluster() as other:
        moved = Reply(status=302, headers={"Location": f"{other.url}/version"})
        with FakeCluster(fixed={"/version": moved}) as cluster, opened(cluster.kubeconfig(), tmp_path) as reader:
            assert version(reader) == 302
        assert other.requests == []


def test_a_proxy_of_the_kubeconfig_is_used_with_its_sign_in_and_its_password_is_not_shown(tmp_path: Path) -> None:
    with FakeCluster() as proxy:
        with_proxy = {"server": "http://kube.example", "proxy-url": proxy.url.replace("//", "//me:pa%40ss@")}
        text = json.dumps(config(clusters=[{"name": "c", "cluster": with_proxy}]))
        with opened(text, tmp_path) as reader:
            reader.get("/version", {}, "*/*")
        (request,) = proxy.requests
        assert request.headers["host"] == "kube.example"
        assert request.headers["proxy-authorization"] == "Basic " + base64.b64encode(b"me:pa@ss").decode()
        text = text.replace("http://kube.example", "https://kube.example")
        with opened(text, tmp_path) as reader, pytest.raises(UnreachableError) as caught:
            version(reader)
    assert "pa%40ss" not in str(caught.value)
    assert "pa@ss" not in repr(caught.value)


def test_large_answers_are_compressed_on_the_way(tmp_path: Path) -> None:
    with FakeCluster([a_pod(f"p{number}") for number in range(500)]) as cluster:
        with opened(cluster.kubeconfig(), tmp_path) as reader:
            answer = reader.get("/api/v1/pods", {}, "application/json")
        assert answer.body in cluster.sent
        assert cluster.requests[0].headers["accept-encoding"] == "gzip"


def test_opening_nothing_does_not_import_the_client() -> None:
    program = (
        "import sys, demarc.collect.kubeapi, demarc.collect.live; "
        "print([name for name in ('kubernetes', 'urllib3') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
