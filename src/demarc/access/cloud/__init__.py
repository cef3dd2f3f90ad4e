"""How identities of clouds and of the cluster become each other, by the records of both sides.

One module for each side of the border: trust and policies of AWS, logins of EKS, GKE and AKS, roles of workloads, and
the metadata service of nodes. Every answer is yes, no, or unknown with the reason.
"""
