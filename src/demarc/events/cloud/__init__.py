"""The trails of clouds: CloudTrail, Google Cloud audit logs, Azure Activity and Entra logs, as calls of one form."""

from demarc.events.cloud.reading import read_cloud_trail

__all__ = ["read_cloud_trail"]
