"""Returns of the units: entered, checked, approved up the tree, added up."""
