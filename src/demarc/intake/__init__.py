"""What every reader of foreign input shares: streams within limits, and masks for secrets in free text.

It knows bytes and forms of text; it knows nothing of clusters, trails or owners.
"""
