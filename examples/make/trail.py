"""The audit trail: two ordinary days with an intrusion and its look-alikes in them, and the truth about both."""

from __future__ import annotations

from make import incident as case
from make import look_alikes, ordinary
from make.authorizer import Authorizer
from make.events import Event, Recorder
from make.intrusion import SECOND, entry, foothold, leaving, reading, spreading
from make.kube import Object
from make.story import Story, Truth


def _secrets(objects: list[Object], before: str) -> list[str]:
    return sorted(
        f"{item['metadata']['namespace']}/{item['metadata']['name']}"
        for item in objects
        if item["kind"] == "Secret" and item["metadata"]["creationTimestamp"] < before
    )


def written(objects: list[Object]) -> tuple[list[Event], Truth]:
    """Write the trail: events in the order in which they were logged, and the truth about them."""
    book, cast = Recorder(Authorizer(objects)), ordinary.Cast(objects)
    ordinary.record(book, cast)
    story = Story(book)
    for part in (entry, reading, foothold, spreading, leaving):
        part(story)
    look_alikes.record(story, cast)
    namespace, name = case.BACKDOOR
    truth = {
        "window": {"from": ordinary.FIRST, "to": ordinary.LAST},
        "stage": "build",
        "root": "supply.pipeline-trust",
        "root_inside_cluster": False,
        "addresses": [case.ADDRESS, SECOND],
        "credentials": [
            f"Secret {case.DEPLOYER[0]}/{case.DEPLOYER_SECRET}",
            f"JTI={case.CONTROLLER_JTI}",
            f"JTI={case.EXPORTER_JTI}",
            f"Secret {namespace}/{case.BACKDOOR_SECRET}",
        ],
        "binding_that_was_used": f"ClusterRoleBinding {case.DEPLOYER_BINDING}",
        "left_behind": [
            f"CronJob yard/{case.CRONJOB}",
            f"ServiceAccount {namespace}/{name}",
            f"Secret {namespace}/{case.BACKDOOR_SECRET}",
            f"ClusterRoleBinding {name}",
        ],
        "read_by_list": _secrets(objects, "2026-11-17T01:59:30Z"),
        "cloud_roles_taken": ["fjordkite-lake-exporter"],
        "could_not_be_seen": [
            "the deletion of yard's events at about 02:38: the provider's audit policy does not log events",
            "what was typed in the pod after exec, and the answer of the node's metadata service",
            "the leak itself, which happened in the build service",
        ],
        "steps": story.steps,
        "look_alikes": story.look_alikes,
    }
    return sorted(book.events, key=lambda event: (event["stageTimestamp"], event["auditID"])), truth
