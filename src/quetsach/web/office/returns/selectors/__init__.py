"""What is read about returns."""
