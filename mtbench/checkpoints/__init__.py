"""Checkpoints: hub, cache, devices, safe loading; one for back ends, metrics and encoders."""
