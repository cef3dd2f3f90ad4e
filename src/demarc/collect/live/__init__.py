"""A live cluster: the way to its API, and everything that matters of it, page by page. Only ever reads."""
