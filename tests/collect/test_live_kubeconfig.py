"""Which cluster a kubeconfig names, and what is said of one that cannot be used."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from demarc.collect.live.api import KubeSettings, open_cluster
from demarc.model.errors import DemarcError
from tests.collect.api_support import TLS, config, write


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
        token = dict(reader._connection._session.headers).get("Authorization", "").removeprefix("Bearer ")
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
    assert dict(reader._connection._session.headers)["Authorization"] == "Bearer first"
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
