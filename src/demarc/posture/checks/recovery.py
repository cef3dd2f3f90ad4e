"""Checks of what is left when something is lost: encryption of volumes, backup, and a restore that was tried."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from demarc.inventory.records import dig, true, words
from demarc.model.duties import Unit
from demarc.model.evidence import Evidence, Grade
from demarc.model.inventory import Scope
from demarc.model.kubernetes import PersistentVolume, StorageClass, StorageParameters
from demarc.model.posture import FieldSeen, Fix, Found, ObjectRef, Severity
from demarc.model.register import Review
from demarc.posture.checks.described import Described, descriptions, pools
from demarc.posture.ground import Ground
from demarc.posture.interface import Check, Report

_YEAR: Final = timedelta(days=365)
_AWS: Final = ("ebs.csi.aws.com", "ebs.csi.eks.amazonaws.com", "kubernetes.io/aws-ebs")
_GCP: Final = ("pd.csi.storage.gke.io", "kubernetes.io/gce-pd")
_AZURE: Final = ("disk.csi.azure.com", "kubernetes.io/azure-disk")
_BACKUPS: Final = (
    *("Schedule.velero.io", "Backup.velero.io", "Schedule.k8up.io", "Policy.config.kio.kasten.io"),
    *("BackupPlan.backup.gke.io", "ProtectedApplication.gkebackup.gke.io", "Backup.resources.cattle.io"),
    *("BackupSchedule.cluster.open-cluster-management.io", "ScheduledBackup.postgresql.cnpg.io"),
)
_CRDS: Final = "CustomResourceDefinition.apiextensions.k8s.io"
_AZURE_BACKUP: Final = "microsoft.dataprotection.kubernetes"


# DM-MCP-015


def _encrypted(ground: Ground, report: Report) -> None:
    used: dict[str, int] = {}
    for volume in ground.snapshot.all("PersistentVolume", PersistentVolume):
        used[volume.spec.storage_class_name] = used.get(volume.spec.storage_class_name, 0) + 1
    for item in ground.snapshot.all("StorageClass.storage.k8s.io", StorageClass):
        named = item.parameters or StorageParameters()
        report.looked()
        if used.get(item.metadata.name) and (says := _class(item.provisioner, named)):
            report.violated(_storage(ground, item, says, used[item.metadata.name]))
    _disks(ground, report)
    for resource in ("persistentvolumes", "storageclasses.storage.k8s.io"):
        report.unseen(resource, ground.view.missing(resource), f"allow listing {resource}, see demarc rbac-needed")
    if not ground.snapshot.objects.get("StorageClass.storage.k8s.io"):
        report.unseen(
            "storageclasses.storage.k8s.io", "no StorageClass was seen", "give a dump that has storage classes"
        )


def _class(provisioner: str, named: StorageParameters) -> tuple[str, str, Severity | None] | None:
    """What is amiss, the parameter that would mend it, and how bad; None where a key of one's own is named."""
    if provisioner in _AWS and named.encrypted.lower() != "true":
        says = "volumes are encrypted only where the account does so by default: a snapshot that gets out is readable"
        return says, "encrypted", None
    if provisioner in _AWS and not named.kms_key_id:
        return "volumes are encrypted with AWS's own key; low, because they are encrypted", "kmsKeyId", Severity.LOW
    if provisioner in _GCP and not (named.disk_kms_key or named.instance_kms_key):
        says = "volumes are encrypted with Google's own key; low, because they are encrypted"
        return says, "disk-encryption-kms-key", Severity.LOW
    if provisioner in _AZURE and not named.disk_encryption_set:
        says = "volumes are encrypted with a key of the platform; low, because they are encrypted"
        return says, "diskEncryptionSetID", Severity.LOW
    return None


def _storage(ground: Ground, item: StorageClass, amiss: tuple[str, str, Severity | None], volumes: int) -> Found:
    says, parameter, severity = amiss
    return Found(
        object=ObjectRef(kind="StorageClass", name=item.metadata.name),
        scope=ground.cluster,
        says=f"{volumes} volumes of it: {says}",
        fields=(FieldSeen(path=f"parameters.{parameter}", value="absent"),),
        fix=Fix(
            says="Make a class with your key, make it the default, and move the volumes: a class cannot be changed."
        ),
        severity=severity,
        evidence=(
            Evidence(
                says=f"StorageClass {item.metadata.name} has no {parameter}", grade=Grade.WRITTEN, source=item.source
            ),
        ),
        source=item.source,
    )


def _disks(ground: Ground, report: Report) -> None:
    """Disks of nodes whose launch template says that they are not encrypted."""
    for pool, bodies in pools(ground):
        template = bodies.get("ec2.launchTemplateVersion")
        if template is None:
            continue
        report.looked()
        mappings = dig(template.body, "LaunchTemplateData.BlockDeviceMappings")
        if any(dig(one, "Ebs.Encrypted") is False for one in (mappings if isinstance(mappings, list) else ())):
            Described(ground, report, template, Scope(kind=Unit.POOL, name=pool.name)).violated(
                f"disks of the nodes of pool {pool.name} are not encrypted: images, logs and files of pods are "
                "readable in a snapshot",
                "LaunchTemplateData.BlockDeviceMappings",
                fix="Set Encrypted and KmsKeyId in the launch template, then roll the nodes.",
            )


# DM-MCP-016


def _backup(ground: Ground, report: Report) -> None:
    tested = _tested(ground)
    means = next(_means(ground), "")
    report.looked()
    if tested is not None:
        report.holds(f"{tested.by} recorded a review of recovery on {tested.on.date()}: {tested.evidence}")
        return
    if not ground.view.namespaces:
        report.unseen("cluster", "no object of the cluster was seen", "give a dump of the cluster")
        return
    if not means and not ground.workloads and ground.lacks(_CRDS):
        report.unseen(
            "backups",
            "neither workloads nor CustomResourceDefinitions are in what was given: a backup would not be seen",
            "give a dump of the cluster that has pods, custom resources and their definitions",
        )
        return
    if means and not (ground.register.origin or ground.register.assignments):
        report.unseen(
            "restore tests",
            f"{means} is there; whether a restore was ever tried is not known without a register",
            "give --register FOLDER, with a review of response.recovery after each restore that was tried",
        )
        return
    report.violated(
        Found(
            object=ObjectRef(kind="Cluster", name=ground.inventory.cluster.name),
            scope=ground.cluster,
            says=f"{means} is there, and no restore that was tried within a year is on record; low, because there "
            "is a backup"
            if means
            else "no backup of objects or volumes was seen, and none is on record: what is deleted or encrypted is "
            "gone",
            fields=(
                FieldSeen(path="backup", value=means or "absent"),
                FieldSeen(path="review of response.recovery", value="absent"),
            ),
            fix=Fix(
                says="Try a restore into another cluster, and record it in the register as a review of "
                "response.recovery with its "
                "evidence."
                if means
                else "Back up objects and volumes (Velero, the provider's own) to an account that the cluster "
                "cannot delete from; a "
                "backup that runs elsewhere is recorded as a review of response.recovery."
            ),
            severity=Severity.LOW if means else None,
            part="backup",
            evidence=(Evidence(says=means or "none of the known kinds of backup is there", grade=Grade.WRITTEN),),
        )
    )


def _means(ground: Ground) -> Iterator[str]:
    for kind in _BACKUPS:
        if ground.snapshot.objects.get(kind):
            yield kind.partition(".")[0] + " of " + kind.partition(".")[2]
    found = descriptions(ground)
    if found.cluster is not None and true(found.cluster.body, "addonsConfig.gkeBackupAgentConfig.enabled"):
        yield "Backup for GKE"
    for record in found.of("aks.extension"):
        if words(record.body, "extensionType").lower() == _AZURE_BACKUP:
            yield "the Azure Backup extension"


def _tested(ground: Ground) -> Review | None:
    found = [
        review
        for review in ground.register.reviews
        if {"response.recovery", "response.*"} & set(review.duties) and review.evidence and _fresh(review.on, ground.at)
    ]
    return max(found, key=lambda one: one.on, default=None)


def _fresh(on: datetime, at: datetime) -> bool:
    return timedelta() <= at - on <= _YEAR


CHECKS: tuple[Check, ...] = (
    Check("DM-MCP-015", _encrypted),
    Check("DM-MCP-016", _backup),
)
