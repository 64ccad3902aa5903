"""Reads of letters: what a person sees, how a letter went down the tree, what a draft still lacks."""
