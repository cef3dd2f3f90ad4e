"""One document of bytes: what shape it has, and the objects in it, decoded to the few fields that are read."""
