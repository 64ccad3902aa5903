"""What partners (vendors of protection software) report in bulk: how they count, their rows, what these add up to."""
