"""Official letters on their way through the tree of units: what happened, how long it took, whom to remind."""
