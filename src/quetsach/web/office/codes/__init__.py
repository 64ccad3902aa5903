"""Codes on letters and kits: whoever has one asks the public page what it stands for."""
