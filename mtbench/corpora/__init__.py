"""Corpora: load, describe, validate, read and write other formats."""
