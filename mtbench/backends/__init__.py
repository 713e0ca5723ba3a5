"""Back ends: one module a way to drive a system."""
