"""Who can do what: the Kubernetes authorizers evaluated over a snapshot, and the questions that build on them."""

from demarc.access.authorizer import Authorizer
from demarc.access.changes import changes
from demarc.access.holdings import access_of
from demarc.access.identity import asker
from demarc.access.who_can import who_can

__all__ = ["Authorizer", "access_of", "asker", "changes", "who_can"]
