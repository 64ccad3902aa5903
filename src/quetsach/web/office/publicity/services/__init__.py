"""Kits are made and let out; visits are counted."""
