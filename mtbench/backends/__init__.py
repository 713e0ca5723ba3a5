"""Back ends: one module per way to drive a system."""
