"""The way to a cluster: signing in, and what is said when the way is barred."""

from __future__ import annotations

import base64
import json
import socket
import ssl
import stat
import tempfile
import threading
from pathlib import Path
from typing import Any

import pytest

from demarc.collect.live.api import KubeSettings, open_cluster
from demarc.collect.live.interface import NoAnswerError, UnreachableError
from demarc.model.errors import DemarcError
from demarc.testing import FakeCluster, Reply, a_pod
from demarc.testing.cluster import TOKEN
from tests.collect.api_support import TLS, TRUSTED, config, encoded, opened, server_tls, version


@pytest.fixture
def own_temp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "temp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


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
    from demarc.collect.live.kubeconfig import Target
    from demarc.collect.live.sign_in import credential_of

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
        assert TOKEN not in repr(reader) + repr(reader._connection._target)


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
    monkeypatch.setattr("demarc.collect.live.connection._READ_SECONDS", 0.2)
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
