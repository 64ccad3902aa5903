"""Filters of the pages about units."""
