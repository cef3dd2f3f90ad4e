"""What the company's own tools print of its AWS account and directory: one file an answer."""

from __future__ import annotations

from make import directory, eks, entries, iam
from make.answers import Answer

PARTS = (
    eks.nodegroups,
    iam.launch_template,
    eks.addons,
    eks.fargate,
    entries.access_entries,
    entries.pod_identity,
    iam.roles,
    iam.stores,
)


def files() -> dict[str, Answer]:
    """Files of the cloud and directory folders, by path."""
    answers = {"eks-describe-cluster": eks.cluster()}
    for part in PARTS:
        answers |= part()
    found = {f"cloud/{name}.json": answer for name, answer in answers.items()}
    return found | {f"directory/{name}.json": answer for name, answer in directory.answers().items()}
