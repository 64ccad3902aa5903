"""How many machines are infected: from addresses that change, by rules that refuse where they do not hold."""
