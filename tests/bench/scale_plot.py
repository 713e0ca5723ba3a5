"""Draws what ``tests.bench.scale`` measured: cost against size, on logarithmic axes, as SVG.

    python -m tests.bench.scale_plot docs/explanation/scale.csv --column cpu > scale-cpu.svg

The file has a row per measurement: segments, systems, series, seconds of CPU, MB of peak memory.
"""

from __future__ import annotations

import argparse
import csv
import math
import sys
from collections import defaultdict
from collections.abc import Iterable
from html import escape
from pathlib import Path

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640, 360, 64, 190, 16, 44
COLOURS = ("#1f6feb", "#b35900", "#1a7f37", "#8250df", "#cf222e", "#57606a")
AXES = {"cpu": "processor seconds", "peak": "peak memory, MB"}

Points = dict[str, list[tuple[float, float]]]


def read(path: Path, column: str) -> Points:
    """Series → its points, by size."""
    found: Points = defaultdict(list)
    with path.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            if row[column]:
                found[row["series"]].append((float(row["segments"]), float(row[column])))
    return {series: sorted(points) for series, points in found.items()}


def powers(values: Iterable[float]) -> list[float]:
    """The powers of ten around some values."""
    logs = [math.log10(value) for value in values]
    return [10.0**power for power in range(math.floor(min(logs)), math.ceil(max(logs)) + 1)]


def draw(points: Points, title: str) -> str:
    """The SVG."""
    every = [point for several in points.values() for point in several]
    across, up = powers(x for x, _ in every), powers(y for _, y in every)

    def place(value: float, ticks: list[float], start: float, end: float) -> float:
        share = math.log10(value / ticks[0]) / math.log10(ticks[-1] / ticks[0])
        return start + share * (end - start)

    def x(value: float) -> float:
        return place(value, across, LEFT, WIDTH - RIGHT)

    def y(value: float) -> float:
        return place(value, up, HEIGHT - BOTTOM, TOP)

    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'font-family="sans-serif" font-size="12"><title>{escape(title)} by segments</title>',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
    ]
    for tick in across:
        lines.append(_line(x(tick), TOP, x(tick), HEIGHT - BOTTOM))
        lines.append(_text(x(tick), HEIGHT - BOTTOM + 16, f"{tick:,.0f}", "middle"))
    for tick in up:
        lines.append(_line(LEFT, y(tick), WIDTH - RIGHT, y(tick)))
        lines.append(_text(LEFT - 6, y(tick) + 4, f"{tick:,g}", "end"))
    lines.append(_text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, "segments", "middle"))
    middle = (TOP + HEIGHT - BOTTOM) / 2
    turned = f'<g transform="rotate(-90 14 {middle})">{_text(14, middle, title, "middle")}</g>'
    lines.append(turned)
    ends = sorted(points, key=lambda series: -points[series][-1][1])
    below = 0.0
    for series in ends:
        colour = COLOURS[list(points).index(series) % len(COLOURS)]
        path = " ".join(f"{x(a):.1f},{y(b):.1f}" for a, b in points[series])
        lines.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        lines += [
            f'<circle cx="{x(a):.1f}" cy="{y(b):.1f}" r="3.5" fill="{colour}">'
            f"<title>{escape(series)}: {a:,.0f} segments, {b:,g}</title></circle>"
            for a, b in points[series]
        ]
        below = max(below + 15, y(points[series][-1][1]) + 4)
        lines.append(_text(WIDTH - RIGHT + 10, below, series, "start", colour))
    return "\n".join([*lines, "</svg>\n"])


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="#d0d7de"/>'


def _text(x: float, y: float, words: str, anchor: str, colour: str = "#24292f") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">'
        f"{escape(words)}</text>"
    )


def main() -> None:
    """Writes the picture to standard output."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--column", choices=sorted(AXES), default="cpu")
    given = parser.parse_args()
    sys.stdout.write(draw(read(given.file, given.column), AXES[given.column]))


if __name__ == "__main__":
    main()
