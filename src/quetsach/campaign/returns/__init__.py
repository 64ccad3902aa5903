"""Returns of units: the form, the answers, when they are due, who has still to answer, and what they add up to."""
