"""Cases of checks of what is left when something is lost."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from demarc.model.errors import Where
from demarc.model.evidence import GapReason
from demarc.model.posture import Outcome
from demarc.model.register import Register, Review, Selector
from demarc.testing import a_deployment, an_object
from tests.posture.clouds import GKE, a_gke, an_eks
from tests.posture.given import Case, Object

VIOLATED, HOLDS, UNKNOWN = Outcome.VIOLATED, Outcome.HOLDS, Outcome.UNKNOWN
HERE = Where(file="register.yaml")
VELERO = an_object("velero.io/v1", "Schedule", "daily", namespace="velero")
REGISTER = Register(origin="register")
CLASS = ("StorageClass fast",)


def _class(provisioner: str, **parameters: str) -> tuple[Object, ...]:
    return (
        an_object("storage.k8s.io/v1", "StorageClass", "fast", provisioner=provisioner, parameters=parameters),
        an_object("v1", "PersistentVolume", "pv-1", spec={"storageClassName": "fast"}),
    )


def _tested(on: datetime) -> Register:
    review = Review(
        duties=("response.recovery",), scope=Selector(), by="platform", on=on, evidence="restore of March", where=HERE
    )
    return Register(reviews=(review,), origin="register")


def _node_disks(**disk: Any) -> tuple[Object, ...]:
    group = {
        "nodegroupName": "general",
        "clusterName": "prod",
        "launchTemplate": {"id": "lt-1", "version": "1"},
        "nodegroupArn": "arn:aws:eks:eu-west-1:111122223333:nodegroup/prod/general/x",
    }
    version = {
        "LaunchTemplateId": "lt-1",
        "LaunchTemplateName": "x",
        "VersionNumber": 1,
        "DefaultVersion": True,
        "LaunchTemplateData": {"BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": disk}]},
    }
    return (an_eks(), {"nodegroup": group}, {"LaunchTemplateVersions": [version]})


CASES = (
    Case("DM-MCP-015", VIOLATED, _class("ebs.csi.aws.com"), on=CLASS, says="1 volumes of it"),
    Case("DM-MCP-015", VIOLATED, _class("ebs.csi.aws.com", encrypted="true"), on=CLASS, says="AWS's own key"),
    Case("DM-MCP-015", HOLDS, _class("ebs.csi.aws.com", encrypted="true", kmsKeyId="arn:aws:kms:x:1:key/k")),
    Case("DM-MCP-015", HOLDS, _class("ebs.csi.aws.com")[:1], about="a class that nothing uses"),
    Case("DM-MCP-015", VIOLATED, _class("pd.csi.storage.gke.io"), base=GKE, on=CLASS, says="Google's own key"),
    Case("DM-MCP-015", VIOLATED, _class("disk.csi.azure.com"), on=CLASS, says="a key of the platform"),
    Case(
        "DM-MCP-015",
        VIOLATED,
        _class("efs.csi.aws.com"),
        documents=_node_disks(Encrypted=False),
        on=("Record ec2.launchTemplateVersion/lt-1:1",),
        says="disks of the nodes",
    ),
    Case("DM-MCP-015", HOLDS, _class("efs.csi.aws.com"), documents=_node_disks(Encrypted=True), about="disks of nodes"),
    Case("DM-MCP-015", UNKNOWN, says="no StorageClass was seen"),
    Case("DM-MCP-015", UNKNOWN, _class("efs.csi.aws.com"), gaps=(("persistentvolumes", GapReason.FORBIDDEN),)),
    Case("DM-MCP-016", VIOLATED, (a_deployment(),), on=("Cluster cluster",), says="no backup of objects or volumes"),
    Case("DM-MCP-016", UNKNOWN, says="a backup would not be seen"),
    Case(
        "DM-MCP-016", VIOLATED, (VELERO,), register=REGISTER, on=("Cluster cluster",), says="no restore that was tried"
    ),
    Case(
        "DM-MCP-016",
        VIOLATED,
        (VELERO,),
        register=_tested(datetime(2024, 3, 1, tzinfo=UTC)),
        on=("Cluster cluster",),
        about="a restore of two years ago",
    ),
    Case("DM-MCP-016", HOLDS, (VELERO,), register=_tested(datetime(2026, 3, 1, tzinfo=UTC)), says="restore of March"),
    Case("DM-MCP-016", UNKNOWN, (VELERO,), says="was ever tried is not known"),
    Case(
        "DM-MCP-016",
        UNKNOWN,
        documents=(a_gke(addonsConfig={"gkeBackupAgentConfig": {"enabled": True}}),),
        base=GKE,
        says="Backup for GKE",
    ),
)
