"""What is too small to be published."""

SMALLEST_CELL = 10
"""A published breakdown shows no figure of fewer, and none of those that would give such a one away (ADR 0025).

Zero is not shown either: none is also a statement about few. Whole-country totals are exact.
"""
