"""Words of the log in templates."""
