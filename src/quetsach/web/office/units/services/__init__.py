"""Changes of the tree of units: one by one, or by tables."""
