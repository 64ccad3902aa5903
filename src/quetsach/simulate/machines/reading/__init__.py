"""Reads scenarios of ``kind = "country"``."""

from quetsach.simulate.machines.reading.country import is_country, read_country

__all__ = ["is_country", "read_country"]
