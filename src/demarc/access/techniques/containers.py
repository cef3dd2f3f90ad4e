"""What is within reach inside of a running container: its account, Secrets, other systems, and its neighbours."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from demarc.access.graph import GraphBuilder
from demarc.access.techniques import things
from demarc.access.techniques.pods import Running, running_containers
from demarc.access.techniques.technique import Technique
from demarc.access.techniques.view import View, seen_in
from demarc.model.graph import Thing
from demarc.model.kubernetes import Container, PodSpec, Volume

_API = ("", "kubernetes.default.svc", "https://kubernetes.default.svc", "https://kubernetes.default.svc.cluster.local")
_FOLLOWS = "whether the other container runs or trusts what lies there cannot be seen"


class _Use(NamedTuple):
    """Something that a container has, and where its spec says so."""

    container: str
    what: str
    field: str


def _uses(running: Running, found: Iterator[_Use]) -> list[_Use]:
    """Each use once; none of a workload that does not run: nobody can be in its containers."""
    return list({(use.container, use.what): use for use in found}.values()) if running.pods else []


def _volumes(spec: PodSpec, container: Container) -> Iterator[tuple[Volume, bool, str]]:
    """Volumes of a container, whether it can write to them, and where it has them."""
    mounts = {mount.name: mount for mount in container.volume_mounts or ()}
    for volume in spec.volumes or ():
        mount = mounts.get(volume.name)
        if mount is not None:
            yield volume, not mount.read_only, mount.mount_path


def uses_identity(view: View, graph: GraphBuilder) -> None:
    """Containers that have a token of their account, as their pods show it; for templates, as it would be."""
    for running in view.workloads.all:
        target = things.account(graph, running.namespace, running.account)
        for use in _uses(running, _tokens(view, running)):
            graph.edge(
                "USES_IDENTITY",
                things.container(graph, running, use.container),
                target,
                scope=view.workload(running),
                says=f"{running.what} runs as ServiceAccount {running.namespace}/{running.account}",
                evidence=(seen_in(running, f"container {use.container}, {use.field}"),),
            )


def _tokens(view: View, running: Running) -> Iterator[_Use]:
    account = view.accounts.get((running.namespace, running.account))
    for spec in running.specs:
        automount = spec.automount_service_account_token
        if automount is None and account is not None:
            automount = account.automount_service_account_token
        for container in running_containers(spec):
            projected = [
                volume.name
                for volume, _, _ in _volumes(spec, container)
                for source in (volume.projected and volume.projected.sources) or ()
                if source.service_account_token is not None and source.service_account_token.audience in _API
            ]
            if projected:
                yield _Use(container.name, "token", f"volume {projected[0]} projects a token")
            elif spec.volumes is None and automount is not False and container.volume_mounts is None:
                # Admission adds the volume when the pod is made: a spec without any was written, not admitted.
                yield _Use(container.name, "token", "automountServiceAccountToken is not false")


def foreign_token(view: View, graph: GraphBuilder) -> None:
    """Containers with tokens for other systems."""
    for running in view.workloads.all:
        for use in _uses(running, _foreign(running)):
            graph.edge(
                "FOREIGN_TOKEN",
                things.container(graph, running, use.container),
                things.outside(graph, f"{use.what} as {running.namespace}/{running.account}"),
                scope=view.workload(running),
                says=f"{running.what} signs in to {use.what} as ServiceAccount {running.namespace}/{running.account}",
                evidence=(seen_in(running, f"container {use.container}, {use.field}"),),
            )


def _foreign(running: Running) -> Iterator[_Use]:
    for spec, container in running.containers():
        for volume, _, _ in _volumes(spec, container):
            for source in (volume.projected and volume.projected.sources) or ():
                token = source.service_account_token
                if token is not None and token.audience not in _API:
                    yield _Use(container.name, token.audience, f"volume {volume.name} projects a token for it")


def mounts_secret(view: View, graph: GraphBuilder) -> None:
    """Containers with Secrets in files."""
    _secrets(view, graph, "MOUNTS_SECRET", _mounted, "has Secret {} in its files")


def env_secret(view: View, graph: GraphBuilder) -> None:
    """Containers with Secrets in variables."""
    _secrets(view, graph, "ENV_SECRET", _in_variables, "has values of Secret {} in its variables")


def _secrets(
    view: View, graph: GraphBuilder, technique: str, find: Callable[[Running], Iterator[_Use]], says: str
) -> None:
    for running in view.workloads.all:
        for use in _uses(running, find(running)):
            name = f"{running.namespace}/{use.what}"
            lacks = view.missing("secrets") if (running.namespace, use.what) not in view.secrets else ""
            if (running.namespace, use.what) not in view.secrets and not lacks:
                # The reference is optional, or the pod waits for it: there is nothing to hold.
                continue
            graph.edge(
                technique,
                things.container(graph, running, use.container),
                things.secret(graph, running.namespace, use.what),
                scope=view.scope(running.namespace),
                says=f"{running.what} {says.format(name)}",
                evidence=(seen_in(running, f"container {use.container}, {use.field}"),),
                unknown=f"whether it exists is not known: {lacks}" if lacks else "",
            )


def _mounted(running: Running) -> Iterator[_Use]:
    for spec, container in running.containers():
        for volume, _, _ in _volumes(spec, container):
            if volume.secret is not None and volume.secret.secret_name:
                yield _Use(container.name, volume.secret.secret_name, f"volume {volume.name}")
            for source in (volume.projected and volume.projected.sources) or ():
                if source.secret is not None and source.secret.name:
                    yield _Use(container.name, source.secret.name, f"volume {volume.name}")


def mounted_secrets(running: Running) -> tuple[str, ...]:
    """Names of the Secrets in files of any container of a workload that runs."""
    return tuple(dict.fromkeys(use.what for use in _uses(running, _mounted(running))))


def mounted_tokens(view: View, running: Running) -> bool:
    """Whether any container of a workload that runs has a token of its account."""
    return bool(_uses(running, _tokens(view, running)))


def _in_variables(running: Running) -> Iterator[_Use]:
    for _, container in running.containers():
        for group in container.env_from or ():
            if group.secret_ref is not None and group.secret_ref.name:
                yield _Use(container.name, group.secret_ref.name, "envFrom.secretRef")
        for variable in container.env or ():
            reference = variable.value_from and variable.value_from.secret_key_ref
            if reference and reference.name:
                yield _Use(container.name, reference.name, "env.valueFrom.secretKeyRef")


def csi_secret(view: View, graph: GraphBuilder) -> None:
    """Containers with items of an outside store in files."""
    for running in view.workloads.all:
        for use in _uses(running, _from_stores(running)):
            graph.edge(
                "CSI_SECRET",
                things.container(graph, running, use.container),
                things.outside(graph, f"items of SecretProviderClass {running.namespace}/{use.what}"),
                scope=view.scope(running.namespace),
                says=f"{running.what} has items of SecretProviderClass {running.namespace}/{use.what} in its files",
                evidence=(seen_in(running, f"container {use.container}, {use.field}"),),
            )


def _from_stores(running: Running) -> Iterator[_Use]:
    for spec, container in running.containers():
        for volume, _, _ in _volumes(spec, container):
            attributes = volume.csi and volume.csi.volume_attributes
            if attributes and attributes.secret_provider_class:
                yield _Use(container.name, attributes.secret_provider_class, f"volume {volume.name}")


def shared_volume(view: View, graph: GraphBuilder) -> None:
    """Containers that can write where others read, by way of the volume that they share."""
    shared: dict[str, dict[tuple[str, str], tuple[Running, bool, str]]] = {}
    for running in view.workloads.all:
        for name, container, writes, field in _shared(running) if running.pods else ():
            ones = shared.setdefault(name, {})
            before = ones.get((running.scope, container))
            ones[running.scope, container] = (running, writes or (before is not None and before[1]), field)
    for name, ones in shared.items():
        if len(ones) < 2 or not any(writes for _, writes, _ in ones.values()):
            continue
        volume = graph.node(Thing.CONFIG, name)
        for (_, container), (running, writes, field) in ones.items():
            one, scope = things.container(graph, running, container), view.scope(running.namespace)
            evidence = (seen_in(running, f"container {container}, {field}"),)
            if writes:
                says = f"{running.what} can write to {name}"
                graph.edge("SHARED_VOLUME", one, volume, scope=scope, says=says, evidence=evidence)
            says = f"{running.what} has {name} mounted"
            graph.edge("SHARED_VOLUME", volume, one, scope=scope, says=says, evidence=evidence, unknown=_FOLLOWS)


def _shared(running: Running) -> Iterator[tuple[str, str, bool, str]]:
    """Name of a volume, container, whether it writes, and where that is said. Directories of nodes by node."""
    for spec, container in running.containers():
        for volume, writes, path in _volumes(spec, container):
            field = f"volume {volume.name} at {path}"
            if volume.persistent_volume_claim is not None:
                claim = volume.persistent_volume_claim.claim_name
                yield f"PersistentVolumeClaim {running.namespace}/{claim}", container.name, writes, field
            elif volume.empty_dir is not None and len(running.names) > 1:
                yield f"volume {volume.name} of {running.what}", container.name, writes, field
            elif volume.host_path is not None:
                for node in running.nodes:
                    yield f"{volume.host_path.path} of node {node}", container.name, writes, field


def shared_pid(view: View, graph: GraphBuilder) -> None:
    """Containers that see the processes of the others in their pod."""
    for running in view.workloads.all:
        if not running.pods or len(running.names) < 2:
            continue
        sharing = [spec for spec in running.specs if spec.share_process_namespace or spec.host_pid]
        pairs = {
            (one.name, other.name): _same_user(spec, one, other)
            for spec in sharing
            for one in running_containers(spec)
            for other in running_containers(spec)
            if one.name != other.name
        }
        for (one_name, other_name), same in pairs.items():
            graph.edge(
                "SHARED_PID",
                things.container(graph, running, one_name),
                things.container(graph, running, other_name),
                scope=view.workload(running),
                says=f"Containers of {running.what} see each other's processes: {one_name} reaches {other_name}",
                evidence=(seen_in(running, "shareProcessNamespace or hostPID is true"),),
                unknown=""
                if same
                else "the two run as different users, or as whom their images say, which is not seen",
            )


def _same_user(spec: PodSpec, one: Container, other: Container) -> bool:
    """Whether one container runs as root, or both are set to the same user. What an image sets is not seen."""
    pod = spec.security_context.run_as_user if spec.security_context else None

    def user(container: Container) -> int | None:
        own = container.security_context.run_as_user if container.security_context else None
        return pod if own is None else own

    return user(one) == 0 or (user(one) is not None and user(one) == user(other))


TECHNIQUES = (
    Technique("USES_IDENTITY", uses_identity),
    Technique("FOREIGN_TOKEN", foreign_token),
    Technique("MOUNTS_SECRET", mounts_secret),
    Technique("ENV_SECRET", env_secret),
    Technique("CSI_SECRET", csi_secret),
    Technique("SHARED_VOLUME", shared_volume),
    Technique("SHARED_PID", shared_pid),
)
