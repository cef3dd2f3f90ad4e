"""What is there: from a snapshot to the cluster's provider, pools, components and places. Knows nothing of duties or owners' roles."""

from demarc.inventory.build import build

__all__ = ["build"]
