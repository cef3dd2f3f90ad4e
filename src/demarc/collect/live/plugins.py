"""Sign-in plugins (``exec`` in a kubeconfig), run as kubectl does: aws, gke-gcloud-auth-plugin, kubelogin and the like.

A plugin is a program of the user's that prints an ExecCredential. What it prints on its standard output is a
credential: it is read here, handed on, and appears in no error. Contract: Kubernetes documentation, "client-go
credential plugins".
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Mapping
from typing import IO, Any

import msgspec
from msgspec import Struct

from demarc.collect.live.kubeconfig import Entry, Target, bytes_of, text_of
from demarc.collect.live.status import one_line as clean
from demarc.model.errors import DemarcError

_VERSIONS = ("client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1")
_PATIENCE = 60.0
"""Seconds for a plugin that asks nobody."""
_PATIENCE_WITH_PEOPLE = 600.0
"""Seconds for one that may wait for somebody to sign in."""
_CONFIG = "client.authentication.k8s.io/exec"
"""Name of the cluster extension that is handed to the plugin."""
_HINTS = {
    "aws": "Install the AWS CLI, version 2.",
    "aws-iam-authenticator": "Install aws-iam-authenticator, or run: aws eks update-kubeconfig --name CLUSTER",
    "gke-gcloud-auth-plugin": "Run: gcloud components install gke-gcloud-auth-plugin",
    "kubelogin": "Run: az aks install-cli",
}


class Credential(Struct, frozen=True, kw_only=True):
    """What proves who we are. Never printed."""

    token: str = ""
    certificate: bytes = b""
    key: bytes = b""

    def __repr__(self) -> str:
        return "Credential(...)"


class _Status(Struct, frozen=True, rename="camel"):
    token: str | None = None
    client_certificate_data: str | None = None
    client_key_data: str | None = None


class _ExecCredential(Struct, frozen=True, rename="camel"):
    api_version: str
    kind: str
    status: _Status | None = None


def run_plugin(target: Target, *, environment: Mapping[str, str], terminal: bool) -> Credential:
    """Run the plugin of a target and give what it answers.

    ``terminal`` tells whether somebody sits at standard input. The plugin inherits it then, and its standard error is
    passed on, so that it can ask for a sign-in. Raises DemarcError naming the program, never what it printed on its
    standard output.
    """
    plugin: Entry = target.user["exec"]
    version = text_of(plugin, "apiVersion")
    if version not in _VERSIONS:
        raise DemarcError(
            f"context {clean(target.context)} signs in with {clean(version) or 'no'} version of the plugin interface",
            todo="Renew the kubeconfig with the provider's current tool (aws eks update-kubeconfig, gcloud container "
            "clusters get-credentials, az aks get-credentials).",
        )
    interactive = _interactive(plugin, target, terminal=terminal)
    command = _find(plugin, target, environment)
    arguments = [str(argument) for argument in plugin.get("args") or ()]
    info = _info(plugin, target, version, interactive=interactive)
    given = {**environment, **_environment(plugin), "KUBERNETES_EXEC_INFO": json.dumps(info)}
    code, out, err = _run([command, *arguments], given, interactive=interactive, name=text_of(plugin, "command"))
    if code != 0:
        said = clean(err.decode(errors="replace"))
        raise DemarcError(
            f"the sign-in plugin {_shown(plugin)} of context {clean(target.context)} failed with code {code}"
            + (f": {said}" if said else ""),
            todo=f"Sign in with the provider's tool, until `kubectl --context {clean(target.context)} get ns` answers.",
        )
    return _read(out, version, plugin, target)


def _interactive(plugin: Entry, target: Target, *, terminal: bool) -> bool:
    mode = text_of(plugin, "interactiveMode") or "IfAvailable"
    if mode == "Always" and not terminal:
        raise DemarcError(
            f"the sign-in plugin {_shown(plugin)} of context {clean(target.context)} needs somebody at a terminal",
            todo="Run it from a terminal, or use a context that signs in without one.",
        )
    return terminal and mode != "Never"


def _find(plugin: Entry, target: Target, environment: Mapping[str, str]) -> str:
    command = text_of(plugin, "command")
    found = shutil.which(command, path=environment.get("PATH", os.defpath)) if command else None
    if found is None:
        hint = _HINTS.get(os.path.basename(command), "")  # noqa: PTH119 - the name may be no path at all
        own = clean(text_of(plugin, "installHint"))
        raise DemarcError(
            f"the sign-in plugin {_shown(plugin)} of context {clean(target.context)} is not installed",
            todo=hint or own or "Install it, or put its folder into PATH.",
        )
    return found


def _environment(plugin: Entry) -> dict[str, str]:
    pairs = [item for item in plugin.get("env") or () if isinstance(item, dict)]
    return {str(item.get("name")): str(item.get("value", "")) for item in pairs}


def _info(plugin: Entry, target: Target, version: str, *, interactive: bool) -> Entry:
    spec: Entry = {"interactive": interactive}
    if plugin.get("provideClusterInfo"):
        spec["cluster"] = _cluster_info(target)
    return {"apiVersion": version, "kind": "ExecCredential", "spec": spec}


def _cluster_info(target: Target) -> Entry:
    cluster = target.cluster
    info: Entry = {"server": target.server}
    for name in ("tls-server-name", "insecure-skip-tls-verify", "proxy-url", "disable-compression"):
        if cluster.get(name):
            info[name] = cluster[name]
    authority = bytes_of(cluster, "certificate-authority", context=target.context)
    if authority is not None:
        # The interface knows no file: client-go reads it and hands on the content.
        info["certificate-authority-data"] = msgspec.json.decode(msgspec.json.encode(authority), type=str)
    for extension in cluster.get("extensions") or ():
        if isinstance(extension, dict) and extension.get("name") == _CONFIG:
            info["config"] = extension.get("extension")
    return info


def _run(
    arguments: list[str], environment: Mapping[str, str], *, interactive: bool, name: str
) -> tuple[int, bytes, bytes]:
    patience = _PATIENCE_WITH_PEOPLE if interactive else _PATIENCE
    try:
        process = subprocess.Popen(  # noqa: S603 - the program that the user's own kubeconfig names, as kubectl runs it
            arguments,
            env=dict(environment),
            stdin=None if interactive else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
    except OSError as error:
        raise DemarcError(f"the sign-in plugin {clean(name)} cannot be started: {error.strerror}") from error
    said: list[bytes] = []
    listener = threading.Thread(target=_listen, args=(process.stderr, said, interactive), daemon=True)
    printed: list[bytes] = []
    taker = threading.Thread(target=_listen, args=(process.stdout, printed, False), daemon=True)
    with process:
        listener.start()
        taker.start()
        try:
            code = process.wait(patience)
        except subprocess.TimeoutExpired:
            raise DemarcError(f"the sign-in plugin {clean(name)} did not answer in {patience:.0f} s") from None
        finally:
            process.kill()
        # A plugin may leave a helper behind that keeps its output open; what it said by now is all that counts.
        taker.join(1.0)
        listener.join(1.0)
    return code, b"".join(printed), b"".join(said)


def _listen(stream: IO[bytes], kept: list[bytes], pass_on: bool) -> None:
    while chunk := os.read(stream.fileno(), 4096):
        kept.append(chunk)
        if pass_on:
            sys.stderr.buffer.write(chunk)
            sys.stderr.buffer.flush()


def _read(out: bytes, version: str, plugin: Entry, target: Target) -> Credential:
    def broken(what: str) -> DemarcError:
        return DemarcError(f"the sign-in plugin {_shown(plugin)} of context {clean(target.context)} {what}")

    try:
        answer: Any = msgspec.json.decode(out, type=_ExecCredential)
    except (msgspec.DecodeError, UnicodeDecodeError):
        # Without the cause: the decoder may quote what was printed.
        raise broken("did not print an ExecCredential") from None
    if answer.kind != "ExecCredential" or answer.api_version != version:
        raise broken(f"printed another version of the plugin interface than {version}")
    status = answer.status or _Status()
    certificate, key = status.client_certificate_data or "", status.client_key_data or ""
    if bool(certificate) != bool(key):
        raise broken("printed a certificate without its key, or a key without its certificate")
    if not status.token and not certificate:
        raise broken("printed neither a token nor a certificate")
    return Credential(token=status.token or "", certificate=certificate.encode(), key=key.encode())


def _shown(plugin: Entry) -> str:
    return clean(text_of(plugin, "command")) or "(without a name)"
