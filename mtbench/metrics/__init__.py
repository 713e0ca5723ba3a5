"""Metrics: one module a family, all on the statistics contract of mtbench.plugins."""
