"""Acts on lists of stolen accounts, and answers to owners."""
