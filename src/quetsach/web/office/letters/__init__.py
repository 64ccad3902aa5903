"""Official letters: written, issued, sent down the tree, acknowledged."""
