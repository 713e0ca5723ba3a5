"""``python -m mtbench``."""

from mtbench.cli.main import main

if __name__ == "__main__":
    main()
