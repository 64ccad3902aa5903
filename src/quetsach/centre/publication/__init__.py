"""What a centre publishes: figures counted once, laid out, let out, and what was put together in them."""
