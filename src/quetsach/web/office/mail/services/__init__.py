"""Writing mail, handing it over, and reading what came back."""
