"""What is there: from a snapshot to the cluster's provider, pools, components and places. Knows nothing of duties."""

from demarc.inventory.build import build

__all__ = ["build"]
