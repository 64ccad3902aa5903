"""The dated tree of units as it is kept: units, places, successions, contacts, groups; it knows nobody."""
