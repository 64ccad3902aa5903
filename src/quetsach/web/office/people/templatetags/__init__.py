"""Words of the trade in templates."""
