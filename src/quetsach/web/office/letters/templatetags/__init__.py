"""Words of letters on pages."""
