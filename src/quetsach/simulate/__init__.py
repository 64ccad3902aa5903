"""A country with known truth, written as feed files."""
