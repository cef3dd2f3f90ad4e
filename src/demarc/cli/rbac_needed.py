"""``demarc rbac-needed``: the least ClusterRole that collecting needs."""

from __future__ import annotations

import random
import time
from typing import Annotated

from cyclopts import Parameter

from demarc.cli.gather import open_reader
from demarc.cli.options import INPUT, OUTPUT, Look
from demarc.cli.screen import Screen
from demarc.collect.live.rbac import needed_cluster_role, needed_resources
from demarc.model.errors import DemarcError, Where


def rbac_needed(
    *,
    live: Annotated[bool, Parameter(group=INPUT, negative=(), show_default=False)] = False,
    kubeconfig: Annotated[str | None, Parameter(group=INPUT)] = None,
    context: Annotated[str | None, Parameter(group=INPUT)] = None,
    with_binding: Annotated[bool, Parameter(group=OUTPUT, negative=(), show_default=False)] = False,
    namespace: Annotated[str, Parameter(group=OUTPUT)] = "demarc",
) -> None:
    """Print the least ClusterRole that collecting needs, commented, to review and apply.

    Parameters
    ----------
    live
        Ask the cluster which kinds it has, instead of the built-in ones and the custom ones that Demarc knows.
    kubeconfig
        Kubeconfig file, with --live. Default: as kubectl finds it.
    context
        Context of the kubeconfig, with --live.
    with_binding
        Add a ServiceAccount and the ClusterRoleBinding.
    namespace
        Namespace of the ServiceAccount.
    """
    screen = Screen()
    if live or context or kubeconfig:
        with open_reader(Look(kubeconfig=kubeconfig, context=context)) as reader:
            found = needed_resources(reader, sleep=time.sleep, jitter=random.random)
    else:
        found = needed_resources(None, sleep=time.sleep)
    for gap in found.gaps:
        screen.note(f"not seen: {gap.what} ({gap.reason.value}) {gap.detail}")
    try:
        print(needed_cluster_role(found.resources, with_binding=with_binding, namespace=namespace), end="")
    except ValueError as error:
        raise DemarcError(str(error), where=Where(file="--namespace"), todo="name a namespace") from error
