"""The publicity kit of a unit, its verification page and its reach."""
