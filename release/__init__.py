"""Builds what people download: one tree for each system, and one list of the files (``release.json``)."""
