"""The inventory of non-human identities: what is there, how old, used by whom, held by whom. It writes nothing."""

from demarc.nhi.gather import nhi_report
from demarc.nhi.policy import Policy

__all__ = ["Policy", "nhi_report"]
