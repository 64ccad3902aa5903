"""From findings to a plan: what would be done, in which order, what is left alone and why."""
