"""Who works in the office, and what they may do."""
