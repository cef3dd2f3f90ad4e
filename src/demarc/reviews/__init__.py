"""Reviews: who must look at what, with the evidence in front of them; decisions become entries of the ledger.

Knows the matrix, the planes and the register; nothing of files, terminals or where a ledger lies.
"""
