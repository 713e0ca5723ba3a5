"""Child programs and workers: started, talked to, ended."""
