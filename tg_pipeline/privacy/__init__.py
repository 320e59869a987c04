"""Forgetting a person: tombstones, rewriting and deleting, and the search for what is left."""
