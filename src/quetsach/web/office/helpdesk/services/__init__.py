"""Cases: asked by people, answered by the office."""
