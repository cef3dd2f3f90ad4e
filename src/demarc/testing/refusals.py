"""What an API server refuses, in its own words: each as an error that becomes a Status."""

from __future__ import annotations

from typing import Any

from demarc.collect.live.kinds import Resource


class RefusedError(Exception):
    """A request that the server refuses."""

    def __init__(
        self, status: int, reason: str, message: str, *, details: dict[str, Any] | None = None, retry: bool = False
    ) -> None:
        self.status = status
        self.reason = reason
        self.message = message
        self.details = details
        self.retry = retry
        """Names a time to wait (``Retry-After``)."""
        super().__init__(message)


def not_found(resource: Resource, name: str) -> RefusedError:
    """There is no such object."""
    return RefusedError(404, "NotFound", f'{resource.name} "{name}" not found', details=_about(resource, name))


def already_exists(resource: Resource, name: str) -> RefusedError:
    """There is one already."""
    message = f'{resource.name} "{name}" already exists'
    return RefusedError(409, "AlreadyExists", message, details=_about(resource, name))


def conflict(resource: Resource, name: str) -> RefusedError:
    """The resourceVersion is not the current one."""
    message = (
        f'Operation cannot be fulfilled on {resource.name} "{name}": the object has been modified; '
        "please apply your changes to the latest version and try again"
    )
    return RefusedError(409, "Conflict", message, details=_about(resource, name))


def precondition(what: str, given: str, held: str, resource: Resource, name: str) -> RefusedError:
    """A precondition does not hold."""
    message = (
        f'Operation cannot be fulfilled on {resource.name} "{name}": Precondition failed: {what} in precondition: '
        f"{given}, {what} in object meta: {held}"
    )
    return RefusedError(409, "Conflict", message, details=_about(resource, name))


def invalid(resource: Resource, name: str, problem: str) -> RefusedError:
    """The object is not valid."""
    message = f'{resource.kind} "{name}" is invalid: {problem}'
    return RefusedError(422, "Invalid", message, details=_about(resource, name))


def forbidden(*, verb: str, resource: str, group: str, name: str, namespace: str, user: str) -> RefusedError:
    """The user may not; ``resource`` is ``pods/eviction`` for a subresource."""
    where = f'in the namespace "{namespace}"' if namespace else "at the cluster scope"
    plural = resource.partition("/")[0]
    what = f"{plural}.{group}" if group else plural
    named = f' "{name}"' if name else ""
    message = (
        f'{what}{named} is forbidden: User "{user}" cannot {verb} resource "{resource}" in API group "{group}" {where}'
    )
    details = {"name": name, "group": group, "kind": plural}
    return RefusedError(403, "Forbidden", message, details={k: v for k, v in details.items() if v})


def disrupted(budget: str) -> RefusedError:
    """An eviction would break a PodDisruptionBudget."""
    message = "Cannot evict pod as it would violate the pod's disruption budget."
    causes = [{"reason": "DisruptionBudget", "message": f"The disruption budget {budget} does not allow it now."}]
    return RefusedError(429, "TooManyRequests", message, details={"causes": causes}, retry=True)


def _about(resource: Resource, name: str) -> dict[str, Any]:
    group = {"group": resource.group} if resource.group else {}
    return {"name": name, **group, "kind": resource.plural}
