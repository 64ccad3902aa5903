"""Reads of units as somebody sees them."""
