"""The dated tree of units, their groups and contacts."""
