"""Reads of publicity: kits, what a code stands for, reach."""
