"""The Linux bundle: an interpreter of its own, the tool, its packs and its root of trust in one archive."""
