"""New figures wait here until a second person lets them out."""
