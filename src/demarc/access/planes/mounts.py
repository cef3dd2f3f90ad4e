"""What the pods of a workload hold by their template: Secrets, ConfigMaps, the token of their account, the host."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from demarc.access.techniques.pods import Running
from demarc.model.kubernetes import Container, PodSpec, ServiceAccount

_EVERYWHERE: Final = "kube-root-ca.crt"
_CAPABILITIES: Final = frozenset(
    {"ALL", "SYS_ADMIN", "SYS_PTRACE", "SYS_MODULE", "DAC_READ_SEARCH", "SYS_RAWIO", "BPF", "SYS_BOOT", "NET_ADMIN"}
)
_HARMLESS_PATHS: Final = ("/etc/localtime", "/etc/ssl/certs", "/usr/share/zoneinfo", "/etc/pki")


def mounted(one: Running) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of Secrets and of ConfigMaps, sorted; pull secrets are the kubelet's and left out."""
    secrets: set[str] = set()
    configs: set[str] = set()
    for spec in one.specs:
        for container in _containers(spec):
            for variable in container.env or ():
                source = variable.value_from
                if source is not None:
                    secrets.add(source.secret_key_ref.name if source.secret_key_ref else "")
                    configs.add(source.config_map_key_ref.name if source.config_map_key_ref else "")
            for group in container.env_from or ():
                secrets.add(group.secret_ref.name if group.secret_ref else "")
                configs.add(group.config_map_ref.name if group.config_map_ref else "")
        for volume in spec.volumes or ():
            secrets.add(volume.secret.secret_name if volume.secret else "")
            configs.add(volume.config_map.name if volume.config_map else "")
            for part in (volume.projected.sources if volume.projected else None) or ():
                secrets.add(part.secret.name if part.secret else "")
                configs.add(part.config_map.name if part.config_map else "")
    return tuple(sorted(secrets - {""})), tuple(sorted(configs - {"", _EVERYWHERE}))


def mounts_token(one: Running, account: ServiceAccount | None) -> bool:
    """Whether its pods hold a token of their account for the API server."""
    return any(_mounts_token(spec, account) for spec in one.specs)


def _mounts_token(spec: PodSpec, account: ServiceAccount | None) -> bool:
    for volume in spec.volumes or ():
        for part in (volume.projected.sources if volume.projected else None) or ():
            if part.service_account_token is not None and not part.service_account_token.audience:
                return True
    if spec.automount_service_account_token is not None:
        return spec.automount_service_account_token
    return account is None or account.automount_service_account_token is not False


def host_access(one: Running) -> tuple[str, ...]:
    """Fields that open the host, in words."""
    found: dict[str, None] = {}
    for spec in one.specs:
        for name, is_set in (
            ("hostPID", spec.host_pid),
            ("hostIPC", spec.host_ipc),
            ("hostNetwork", spec.host_network),
        ):
            if is_set:
                found[name] = None
        for container in _containers(spec):
            found.update(dict.fromkeys(_of_container(container)))
        for volume in spec.volumes or ():
            path = volume.host_path.path if volume.host_path else ""
            if path and not path.startswith(_HARMLESS_PATHS):
                found[f"hostPath {path}"] = None
    return tuple(found)


def _of_container(container: Container) -> Iterator[str]:
    security = container.security_context
    if security is None:
        return
    if security.privileged:
        yield "privileged"
    added = security.capabilities.add if security.capabilities else None
    for name in sorted({item.upper().removeprefix("CAP_") for item in added or ()} & _CAPABILITIES):
        yield f"capability {name}"


def _containers(spec: PodSpec) -> Iterator[Container]:
    yield from spec.containers
    yield from spec.init_containers or ()
    yield from spec.ephemeral_containers or ()
