"""Runs the RUN lines of the Dockerfile where there is no daemon: as a build would, stage by stage.

Usage: dockerfile.py FOLDER [STAGE...]. FOLDER becomes the image: its files lie under FOLDER/root,
its Python is an environment in FOLDER/python. Only what COPY names is there. Each step is printed.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "docs" / "examples" / "Dockerfile"


def main() -> None:
    """Runs the stages that are named; a stage that another stands on comes before it."""
    image, wanted = Path(sys.argv[1]).resolve(), set(sys.argv[2:])
    python, files = image / "python", image / "root"
    subprocess.run([sys.executable, "-m", "venv", python], check=True)
    path = f"{python / 'bin'}:{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "PYTHONPATH": "", "HF_HUB_OFFLINE": "1"}
    environment |= {"PIP_QUIET": "2", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    folder, stage = files, ""
    for line in _instructions():
        word, _, rest = line.partition(" ")
        if word == "FROM":
            stage = rest.split()[-1]
        elif stage not in wanted:
            continue
        elif word == "WORKDIR":
            folder = files / rest.lstrip("/")
            folder.mkdir(parents=True, exist_ok=True)
        elif word == "COPY":
            _copy(rest.split(), folder)
        elif word == "RUN":
            print(f"RUN {rest}", flush=True)
            subprocess.run(["sh", "-ec", rest], cwd=folder, env=environment, check=True)
        elif word == "ENTRYPOINT":
            found = shutil.which(re.findall(r'"([^"]+)"', rest)[0], path=path)
            if found is None or not Path(found).is_relative_to(python):
                sys.exit(f"ENTRYPOINT {rest}: not in the image")
        else:
            sys.exit(f"an instruction that nobody runs here: {line}")
    size = subprocess.run(["du", "-sh", image], check=True, capture_output=True, text=True)
    print(f"the RUN lines of {', '.join(sorted(wanted))} ran; {size.stdout.split()[0]}", flush=True)


def _instructions() -> list[str]:
    """The Dockerfile's instructions, continued lines joined, comments left out."""
    lines = FILE.read_text("utf-8").replace("\\\n", " ").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def _copy(names: list[str], folder: Path) -> None:
    *sources, target = names
    for name in sources:
        source, place = ROOT / name, folder / target
        if source.is_dir():
            shutil.copytree(source, place, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, place / name if target in (".", "./") else place)


main()
