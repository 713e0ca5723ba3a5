"""Metrics: one module per family, all on the statistics contract of mtbench.plugins."""
