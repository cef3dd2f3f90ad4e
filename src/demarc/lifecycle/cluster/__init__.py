"""The hands on a cluster: what reads and writes it on behalf of a plan that was approved."""
