"""The log as people read it: everybody that of his own subtrees, in words."""
