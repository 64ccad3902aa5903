"""Words of partners for templates."""
