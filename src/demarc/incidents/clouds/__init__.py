"""The cloud's own trail beside the cluster's: whose account is behind a call, and from where it came."""

from demarc.incidents.clouds.sight import CloudSight, sight_of

__all__ = ["CloudSight", "sight_of"]
