"""Public test doubles and builders, for Demarc's own tests and for those of whoever builds on it.

``a_pod()`` and its like build objects as the API prints them, plain dicts; ``FakeCluster`` serves them over HTTP.
"""

from demarc.testing.answers import Reply, as_json, as_text
from demarc.testing.client import FakeClient
from demarc.testing.cluster import Controller, FakeCluster, Request
from demarc.testing.objects import (
    Object,
    a_cluster_role_binding,
    a_config_map,
    a_container,
    a_custom_resource_definition,
    a_daemon_set,
    a_deployment,
    a_list,
    a_namespace,
    a_node,
    a_pod,
    a_pod_spec,
    a_role_binding,
    a_secret,
    a_service_account,
    a_subject,
    a_workload,
    an_object,
    managed_by,
    uid_of,
)
from demarc.testing.refusals import RefusedError
from demarc.testing.verbs import Verbs, ticking

__all__ = [
    "Controller",
    "FakeClient",
    "FakeCluster",
    "Object",
    "RefusedError",
    "Reply",
    "Request",
    "Verbs",
    "a_cluster_role_binding",
    "a_config_map",
    "a_container",
    "a_custom_resource_definition",
    "a_daemon_set",
    "a_deployment",
    "a_list",
    "a_namespace",
    "a_node",
    "a_pod",
    "a_pod_spec",
    "a_role_binding",
    "a_secret",
    "a_service_account",
    "a_subject",
    "a_workload",
    "an_object",
    "as_json",
    "as_text",
    "managed_by",
    "ticking",
    "uid_of",
]
