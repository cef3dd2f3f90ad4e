"""Values only: what Demarc speaks of. Nothing here reads files, clocks or networks, or knows who computes a value."""
