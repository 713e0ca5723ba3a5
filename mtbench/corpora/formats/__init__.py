"""Corpora in the formats that people already have."""
