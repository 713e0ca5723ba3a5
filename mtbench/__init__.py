"""mtbench: a machine-translation quality evaluation harness.

A test set and a system make an output; an output and a metric make statistics;
statistics make every number that is printed.
"""

__version__ = "0.1.0"
