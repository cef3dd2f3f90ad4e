"""One object's JSON to its model value: typed, partial, with what must not stay taken out on the way.

It knows kinds and their types. Where the object stands in its input, and what to do with one that cannot be read, is
the builder's.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple, TypeVar

import msgspec
from msgspec.structs import force_setattr

from demarc.collect.documents.kinds import held_as
from demarc.collect.documents.wire import ConfigMapWire, EventWire, LeaseWire, NodeWire, PodStatus, PodWire, SecretWire
from demarc.collect.fingerprint import FingerprintKey, is_fingerprint
from demarc.collect.literals import SHAPES, TOLD_ARGUMENTS, shape_of, told_arguments
from demarc.collect.secrets import config_map, secret, take_out_copies
from demarc.intake.masking import mask, mask_arguments
from demarc.model.kubernetes import (
    Application,
    Container,
    CronJob,
    EnvironmentVariable,
    FluxSource,
    KubeObject,
    Node,
    NodeStatus,
    ObjectMeta,
    Pod,
    PodSpec,
    WorkloadObject,
    type_of,
)

_WIRE: Final[dict[str, type[KubeObject]]] = {
    "Pod": PodWire,
    "Node": NodeWire,
    "Secret": SecretWire,
    "ConfigMap": ConfigMapWire,
    "Event": EventWire,
    "Lease.coordination.k8s.io": LeaseWire,
}


_NO_TEXT: Final = "it holds bytes that are no text"
_TOO_DEEP: Final = "it is nested too deeply"


class MalformedError(Exception):
    """An object that is not as the API writes it. The text names fields and types, never a value."""


class Read(NamedTuple):
    """An object, and the times that the server wrote into it."""

    object: KubeObject
    times: list[str]


class _Head(msgspec.Struct):
    apiVersion: str = ""  # noqa: N815 - the API's own spelling
    kind: str = ""


_HEAD: Final = msgspec.json.Decoder(_Head)
_ANY: Final = msgspec.json.Decoder()
T = TypeVar("T")
K = TypeVar("K", bound=KubeObject)


_BEGIN: Final = re.compile(
    rb'\s{0,64}\{\s{0,64}"apiVersion"\s{0,8}:\s{0,8}"([\w./-]{1,99})",\s{0,64}"kind"\s{0,8}:\s{0,8}"(\w{1,99})"'
)
"""How the API server and kubectl begin an object."""


class ObjectDecoder:
    """Decodes objects, in one pass where their beginning tells the kind, or it is that of the one before."""

    def __init__(self, key: FingerprintKey) -> None:
        self._key = key
        self._begun: dict[bytes, tuple[str, str]] = {}
        self._decoders: dict[str, msgspec.json.Decoder[Any]] = {}
        self._last: tuple[str, str] = ("", "")

    def decode(self, data: bytes | memoryview, *, api_version: str = "", kind: str = "") -> Read:
        """Decode an object; ``api_version`` and ``kind`` stand in where a typed List leaves them out.

        Raises MalformedError. The object keeps nothing of ``data``.
        """
        given = (api_version, kind) if kind else self._guess(data)
        if given[1]:
            try:
                found = self._decoder(given).decode(data)
            except (msgspec.ValidationError, UnicodeDecodeError):
                pass
            else:
                named = (found.api_version or api_version, found.kind or kind)
                if named == given:
                    return self._finish(found, given, data)
        head = decoded(_HEAD, data)
        named = (head.apiVersion or api_version, head.kind or kind)
        if not named[1]:
            raise MalformedError("it has no kind")
        self._last = named if head.kind else self._last
        made = lenient(self._decoder(named), data)
        return self._finish(made, named, data)

    def _guess(self, data: bytes | memoryview) -> tuple[str, str]:
        """The apiVersion and kind that an object begins with, else those of the last; they are checked afterwards."""
        begin = _BEGIN.match(data)
        if begin is None:
            return self._last
        known = self._begun.get(begin[0])
        if known is None:
            known = self._begun[begin[0]] = (begin[1].decode(), begin[2].decode())
        return known

    def _decoder(self, named: tuple[str, str]) -> msgspec.json.Decoder[Any]:
        key = held_as(*named)
        if key not in self._decoders:
            wanted: type[KubeObject] = _WIRE.get(key) or type_of(key)
            self._decoders[key] = msgspec.json.Decoder(wanted)
        return self._decoders[key]

    def _finish(self, found: KubeObject, named: tuple[str, str], data: bytes | memoryview) -> Read:
        """Turn what came over the wire into the model's value."""
        force_setattr(found, "api_version", named[0])
        force_setattr(found, "kind", named[1])
        _share(found.metadata)
        if found.source:
            force_setattr(found, "source", "")
        if found.lines:
            force_setattr(found, "lines", None)
        try:
            made, times = self._model(found, data)
        except msgspec.DecodeError as error:
            raise MalformedError(_says(error)) from None
        except UnicodeDecodeError:
            raise MalformedError(_NO_TEXT) from None
        except RecursionError:
            raise MalformedError(_TOO_DEEP) from None
        return Read(made, server_times(made, times))

    def _model(self, found: KubeObject, data: bytes | memoryview) -> tuple[KubeObject, list[str | None]]:
        if isinstance(found, SecretWire):
            return secret(found, data, self._key), []
        if isinstance(found, ConfigMapWire):
            return config_map(found, self._key), []
        take_out_copies(found.metadata)
        if isinstance(found, PodWire):
            _mask(found.spec, self._key)
            conditions = (found.status.conditions or ()) if found.status else ()
            phase = found.status.phase if found.status else ""
            times = [condition.last_transition for condition in conditions]
            return _as(Pod, found, spec=found.spec, phase=phase, digests=_digests(found.status)), [*times]
        if isinstance(found, NodeWire):
            beats = [condition.last_heartbeat for condition in found.status.conditions or ()]
            status = NodeStatus(node_info=found.status.node_info, addresses=found.status.addresses)
            return _as(Node, found, spec=found.spec, status=status), beats
        if isinstance(found, EventWire):
            times = [found.last_timestamp, found.deprecated_last_timestamp, found.event_time]
            return _as(KubeObject, found), times
        if isinstance(found, LeaseWire):
            return _as(KubeObject, found), [found.spec.renew_time if found.spec else None]
        _mask_object(found, self._key)
        return found, []


def _share(metadata: ObjectMeta) -> None:
    """Let freshly read metadata share what very many objects repeat: most of a large cluster's memory is metadata."""
    force_setattr(metadata, "namespace", sys.intern(metadata.namespace))
    labels = metadata.labels
    if labels:
        for name, value in labels.items():
            labels[name] = sys.intern(value)
    for entry in metadata.managed_fields or ():
        force_setattr(entry, "manager", sys.intern(entry.manager))
        force_setattr(entry, "operation", sys.intern(entry.operation))


def _digests(status: PodStatus | None) -> dict[str, str]:
    """Digests that the registry knows images by, of the containers of a pod."""
    if status is None:
        return {}
    return {
        one.name: sys.intern(one.image_id.rpartition("@")[2])
        for one in (*(status.containers or ()), *(status.init_containers or ()))
        if "@sha256:" in one.image_id
    }


def _as(wanted: type[K], found: KubeObject, **fields: Any) -> K:
    return wanted(metadata=found.metadata, api_version=found.api_version, kind=found.kind, **fields)


def _mask(spec: PodSpec, key: FingerprintKey) -> None:
    """Mask secrets in the commands of freshly read containers and use up their literal values, in place."""
    for container in (*spec.containers, *(spec.init_containers or ()), *(spec.ephemeral_containers or ())):
        for variable in container.env or ():
            if variable.literal:
                _use_up(variable, key)
        _mask_arguments(container)


def _mask_arguments(container: Container) -> None:
    """Mask what a container is started with; which arguments showed a credential is told before."""
    given = {name: found for name, found in (("command", container.command), ("args", container.args)) if found}
    masked = {name: mask_arguments(found) for name, found in given.items()}
    if masked != given:
        force_setattr(container, "told", told_arguments({**given, TOLD_ARGUMENTS: container.told}) or None)
    elif container.told:
        force_setattr(container, "told", told_arguments({TOLD_ARGUMENTS: container.told}) or None)
    for name, found in given.items():
        found[:] = masked[name]


def _use_up(variable: EnvironmentVariable, key: FingerprintKey) -> None:
    """Leave of a literal value what it looks like and its fingerprint; of one that looks like nothing, nothing."""
    value = variable.literal
    if is_fingerprint(value):
        shape = variable.shape if variable.shape in SHAPES else ""
    else:
        shape = shape_of(variable.name, value)
    literal = key.of_text(value) if shape else ""
    force_setattr(variable, "literal", literal)
    force_setattr(variable, "shape", shape if literal else "")


def _mask_object(found: KubeObject, key: FingerprintKey) -> None:
    """Mask what people wrote into commands and addresses of a freshly read object, in place."""
    if isinstance(found, WorkloadObject):
        _mask(found.spec.template.spec, key)
    elif isinstance(found, CronJob):
        _mask(found.spec.job_template.spec.template.spec, key)
    elif isinstance(found, Application):
        _mask_addresses(found)
    elif isinstance(found, FluxSource):
        force_setattr(found.spec, "url", mask(found.spec.url))


def _mask_addresses(application: Application) -> None:
    """Mask credentials in the addresses of a freshly read Application, in place."""
    for source in (application.spec.source, *(application.spec.sources or ())):
        force_setattr(source, "repo_url", mask(source.repo_url))
    force_setattr(application.spec.destination, "server", mask(application.spec.destination.server))


def server_times(made: KubeObject, others: Iterable[str | None] = ()) -> list[str]:
    """Times that the API server wrote into an object, ``others`` among them; none for one that no server has seen."""
    metadata = made.metadata
    if not metadata.uid and not metadata.resource_version:
        return []
    found = [time for time in others if time]
    if metadata.creation_timestamp:
        found.append(metadata.creation_timestamp)
    if metadata.managed_fields:
        found += [entry.time for entry in metadata.managed_fields if entry.time]
    return found


def decoded(decoder: msgspec.json.Decoder[T], data: bytes | memoryview) -> T:
    """Decode, with errors that can be shown. Raises MalformedError."""
    return _explained(lambda: decoder.decode(data))


def lenient(decoder: msgspec.json.Decoder[T], data: bytes | memoryview) -> T:
    """Decode; a field that is null counts as not given, as the API server takes it. Raises MalformedError."""
    try:
        return decoder.decode(data)
    except msgspec.ValidationError as error:
        if "null" not in str(error):
            raise MalformedError(_says(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    value = _explained(lambda: _ANY.decode(data))
    return _explained(lambda: decoder.decode(msgspec.json.encode(_without_nulls(value))))


def _explained(decode: Callable[[], T]) -> T:
    try:
        return decode()
    except msgspec.DecodeError as error:
        raise MalformedError(_says(error)) from None
    except UnicodeDecodeError:
        raise MalformedError(_NO_TEXT) from None
    except RecursionError:
        raise MalformedError(_TOO_DEEP) from None


def _says(error: msgspec.DecodeError) -> str:
    """The decoder's words: types and the path of the field. It quotes values only where it expects one of a set."""
    message = str(error)
    return "it holds a value that is not allowed there" if message.startswith("Invalid") else message


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nulls(inner) for name, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [_without_nulls(inner) for inner in value if inner is not None]
    return value
