"""Which cluster, as whom: the kubeconfig resolved by kubectl's rules, and the service account inside a cluster.

Pure but for reading the files that it is pointed to. The official client resolves some of this differently from kubectl
(the last file's current-context wins, certificate paths of a user are taken from the cluster's file, an inline token
beats a token file, impersonation is dropped, a failing plugin means anonymous requests), so it is done here; see
docs/commands/collect.md. Rules: Kubernetes documentation, "Organizing Cluster Access Using kubeconfig Files", and
client-go's clientcmd.
"""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from msgspec import Struct

from demarc.collect.live.proxy import parts_of
from demarc.collect.live.status import one_line as clean
from demarc.model.errors import DemarcError, Where

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_LISTS = {"clusters": "cluster", "contexts": "context", "users": "user"}
_FILE_FIELDS = {"cluster": ("certificate-authority",), "user": ("client-certificate", "client-key", "tokenFile")}
_LARGEST = 16 * 1024 * 1024

Entry = dict[str, Any]


class KubeSettings(Struct, frozen=True, kw_only=True):
    """What the user said about which cluster to look at."""

    kubeconfig: str | None = None
    """One file, as ``--kubeconfig``. None: the files of ``KUBECONFIG``, else ``~/.kube/config``, else in-cluster."""
    context: str | None = None
    """Name of a context. None: the current one."""


class Target(Struct, frozen=True, kw_only=True):
    """One cluster and one way to sign in, with every path absolute. ``user`` may hold credentials: never print it."""

    context: str
    server: str
    namespace: str
    cluster: Entry
    user: Entry

    def __repr__(self) -> str:
        return f"Target(context={self.context!r}, server={self.server!r}, namespace={self.namespace!r})"


def resolve(
    settings: KubeSettings,
    *,
    environment: Mapping[str, str],
    home: Path,
    service_account: Path = SERVICE_ACCOUNT,
) -> Target:
    """Find the cluster that kubectl would talk to. Raises DemarcError, which names what is missing and where."""
    paths = _paths(settings, environment, home)
    merged = _merge([(path, _load(path)) for path in paths if settings.kubeconfig is not None or path.exists()])
    if not any(merged[name] for name in _LISTS):
        inside = _in_cluster(environment, service_account) if settings.context is None else None
        if inside is not None:
            return inside
        raise DemarcError(
            f"no cluster is configured: looked in {', '.join(clean(str(path)) for path in paths)}",
            todo="Give --kubeconfig FILE, set KUBECONFIG, or give a dump instead of a live cluster.",
        )
    return _pick(merged, settings.context or str(merged["current-context"]), paths)


def _paths(settings: KubeSettings, environment: Mapping[str, str], home: Path) -> list[Path]:
    if settings.kubeconfig is not None:
        return [Path(settings.kubeconfig)]
    # As kubectl does: empty parts are skipped, files that do not exist are too.
    named = [Path(part) for part in environment.get("KUBECONFIG", "").split(os.pathsep) if part]
    return named or [home / ".kube" / "config"]


def _load(path: Path) -> Entry:
    where = Where(file=str(path))
    try:
        with path.open("rb") as file:
            raw = file.read(_LARGEST + 1)
        content = yaml.safe_load(raw) if len(raw) <= _LARGEST else raw
    except FileNotFoundError as error:
        raise DemarcError("there is no such kubeconfig", where=where, todo="Check --kubeconfig.") from error
    except OSError as error:
        raise DemarcError(f"the kubeconfig cannot be read: {error.strerror}", where=where) from error
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        line = error.problem_mark.line + 1 if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark else None
        # The error's own text may repeat the line, and that may hold a credential.
        raise DemarcError("the kubeconfig is not YAML", where=Where(file=str(path), line=line)) from None
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise DemarcError("this is not a kubeconfig", where=where)
    return content


def _merge(files: list[tuple[Path, Entry]]) -> dict[str, Any]:
    """Merge files: the first to name a thing wins, whole. Paths count from the folder of the file they stand in."""
    merged: dict[str, Any] = {"current-context": "", **{name: {} for name in _LISTS}}
    for path, content in files:
        current = content.get("current-context")
        if not merged["current-context"] and isinstance(current, str):
            merged["current-context"] = current
        for name, field in _LISTS.items():
            for key, entry in _entries(path, content, name, field).items():
                merged[name].setdefault(key, _absolute(entry, field, path))
    return merged


def _entries(path: Path, content: Entry, name: str, field: str) -> dict[str, Entry]:
    entries: dict[str, Entry] = {}
    listed = content.get(name) or []
    if not isinstance(listed, list):
        raise DemarcError("must be a list", where=Where(file=str(path), field=name))
    for number, item in enumerate(listed):
        where = Where(file=str(path), field=f"{name}[{number}]")
        entry = item.get(field) or {} if isinstance(item, dict) else None
        if not isinstance(item, dict) or not isinstance(item.get("name"), str) or not isinstance(entry, dict):
            raise DemarcError(f"must have a name and a {field}", where=where)
        if item["name"] in entries:
            raise DemarcError(f"there are two {name} named {clean(item['name'])}", where=where)
        entries[item["name"]] = entry
    return entries


def _absolute(entry: Entry, field: str, path: Path) -> Entry:
    folder = path.absolute().parent
    changed: Entry = dict(entry)
    for name in _FILE_FIELDS.get(field, ()):
        if isinstance(changed.get(name), str) and changed[name]:
            changed[name] = str(folder / changed[name])
    plugin = changed.get("exec")
    if field == "user" and isinstance(plugin, dict) and isinstance(plugin.get("command"), str):
        changed["exec"] = {**plugin, "command": _command(plugin["command"], folder)}
    return changed


def _command(command: str, folder: Path) -> str:
    # A bare name is looked up in PATH; anything with a separator counts from the file, as in client-go.
    bare = os.sep not in command and not (os.altsep and os.altsep in command)
    return command if bare else str(folder / command)


def _pick(merged: dict[str, Any], name: str, paths: list[Path]) -> Target:
    places = ", ".join(clean(str(path)) for path in paths)
    known = ", ".join(clean(context) for context in list(merged["contexts"])[:20])
    if not name:
        raise DemarcError(
            f"no context is current in {places}",
            todo=f"Give --context NAME ({known}), or choose one with: kubectl config use-context NAME",
        )
    context = merged["contexts"].get(name)
    if context is None:
        raise DemarcError(f"there is no context {clean(name)} in {places}", todo=f"Choose one of: {known}")
    cluster = _named(merged, "clusters", context.get("cluster"), name)
    user = _named(merged, "users", context.get("user"), name) if context.get("user") else {}
    server = text_of(cluster, "server").rstrip("/")
    server = server if "://" in server or not server else f"https://{server}"
    split = parts_of(server)
    if split is None or split.scheme not in ("http", "https"):
        raise DemarcError(f"the cluster of context {clean(name)} has no server address in {places}")
    namespace = context.get("namespace")
    return Target(
        context=name,
        server=server,
        namespace=namespace if isinstance(namespace, str) and namespace else "default",
        cluster=cluster,
        user=user,
    )


def _named(merged: dict[str, Any], lists: str, name: object, context: str) -> Entry:
    found = merged[lists].get(name) if isinstance(name, str) else None
    if found is None:
        raise DemarcError(
            f"context {clean(context)} names {_LISTS[lists]} {clean(str(name))}, which is in none of the kubeconfigs"
        )
    entry: Entry = found
    return entry


def _in_cluster(environment: Mapping[str, str], folder: Path) -> Target | None:
    host, port = environment.get("KUBERNETES_SERVICE_HOST"), environment.get("KUBERNETES_SERVICE_PORT")
    if not host or not port or not (folder / "token").is_file():
        return None
    namespace = folder / "namespace"
    return Target(
        context="in-cluster",
        server=f"https://{f'[{host}]' if ':' in host else host}:{port}",
        namespace=namespace.read_text().strip() if namespace.is_file() else "default",
        cluster={"certificate-authority": str(folder / "ca.crt")},
        user={"tokenFile": str(folder / "token")},
    )


def text_of(entry: Entry, field: str) -> str:
    """Give a text field of an entry; empty when absent or of another type."""
    value = entry.get(field)
    return value if isinstance(value, str) else ""


def bytes_of(entry: Entry, field: str, *, context: str) -> bytes | None:
    """Give what ``field`` points to, or ``field-data`` holds in base64, which wins. Raises DemarcError."""
    data = text_of(entry, f"{field}-data")
    try:
        if data:
            return base64.b64decode("".join(data.split()), validate=True)
        path = text_of(entry, field)
        return Path(path).read_bytes() if path else None
    except binascii.Error:
        raise DemarcError(f"{field}-data of context {clean(context)} is not base64") from None
    except OSError as error:
        raise DemarcError(
            f"{field} of context {clean(context)} cannot be read: {clean(text_of(entry, field))}: {error.strerror}"
        ) from error
