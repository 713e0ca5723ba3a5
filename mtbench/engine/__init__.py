"""Where work runs: this process, or others."""
