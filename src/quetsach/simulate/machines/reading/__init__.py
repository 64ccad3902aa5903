"""Reads scenarios of ``kind = "country"``."""

from quetsach.simulate.machines.reading.country import read_country

__all__ = ["read_country"]
