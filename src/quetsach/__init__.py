"""Quét Sạch: a country finds and removes malware from its machines, and proves that it did."""

__version__ = "0.1.0"
