"""The lowest versions that pyproject.toml allows for the core, as constraints for pip."""

import re
import sys
from pathlib import Path

text = (Path(__file__).parent.parent / "pyproject.toml").read_text("utf-8")
block = re.search(r"^dependencies = \[\n(.*?)^\]", text, re.M | re.S)
if block is None:
    sys.exit("pyproject.toml has no dependencies")
for name, lowest in re.findall(r'"([\w.-]+)>=([\w.]+)', block.group(1)):
    print(f"{name}=={lowest}")
