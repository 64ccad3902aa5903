"""The running Windows: what is known of it is logic that runs anywhere; only ``ffi`` calls the system itself."""
