"""Evidence of who holds the named roles of the matrix, from those who keep records of their own.

The register says who should approve, review and rotate. Here others are asked: repository hosts, tickets, the API
server's audit trail, field managers, the ledger. What they do not say is missing, never assumed. Knows no format of
output, no file and no clock.
"""

from demarc.evidence.ground import Ground
from demarc.evidence.roles import roles
from demarc.evidence.tickets import Ticket, read_tickets

__all__ = ["Ground", "Ticket", "read_tickets", "roles"]
