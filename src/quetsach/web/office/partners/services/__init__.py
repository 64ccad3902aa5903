"""Partners, their tokens, and what they deliver."""
