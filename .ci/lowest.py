"""The lowest versions that pyproject.toml allows, as constraints for pip.

Usage: lowest.py [EXTRA...]: of the core, and of some extras. A bound with ``python_version`` holds
where that Python runs this. torch is left out: its lowest release brings gigabytes for GPUs.
"""

import re
import sys
from pathlib import Path

text = (Path(__file__).parent.parent / "pyproject.toml").read_text("utf-8")
project = text[text.index("[project]") :]
versions: dict[str, tuple[int, ...]] = {}
for wanted in ("dependencies", *sys.argv[1:]):
    block = re.search(rf"^{wanted} = \[(.*?)\]$", project, re.M | re.S)
    if block is None:
        sys.exit(f"pyproject.toml has no {wanted}")
    for name, lowest in re.findall(r'"([\w.-]+)>=([\d.]+)', block.group(1)):
        version = tuple(map(int, lowest.split(".")))
        versions[name] = max(version, versions.get(name, ()))
versions.pop("torch", None)
for name, version in sorted(versions.items()):
    print(f"{name}=={'.'.join(map(str, version))}")
