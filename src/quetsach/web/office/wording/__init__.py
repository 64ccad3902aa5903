"""Texts that people of the centre reword: ready answers and publicity kits, each change kept as a version."""
