"""The README's picture, drawn from the committed results: ``python -m tests.docs.picture``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from tests.docs.readme_tables import RESULTS, ROOT, best_first, read_leaderboard

PICTURE = ROOT / "docs" / "images" / "leaderboard.svg"
SOURCE, TARGET = "fr", "en"
WIDTH, TOP, LINE = 760, 92, 34
BAR = (330, 590)  # where the bars of chrF begin and end
STYLE = """
  .paper { fill: #ffffff; stroke: #dfe3ea } .ink { fill: #1a1d24 } .quiet { fill: #5a6272 }
  .band { fill: #f0f5fb } .track { stroke: #dfe3ea } .range { stroke: #8fb6dd }
  .dot { fill: #0b5cad } .lead { fill: #0b5cad }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #171a21; stroke: #2a303c } .ink { fill: #e8ebf1 } .quiet { fill: #a0a9ba }
    .band { fill: #1b212b } .track { stroke: #2a303c } .range { stroke: #3f6c97 }
    .dot { fill: #7bb8f2 } .lead { fill: #7bb8f2 }
  }
  text { font: 14px system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif }
  .small { font-size: 12px } .bold { font-weight: 650 } .end { text-anchor: end }
"""

Row = Mapping[str, str]


def picture() -> str:
    """The leaderboard of one direction, as it stands in the committed results."""
    rows = [
        row
        for row in read_leaderboard(RESULTS / "leaderboard.csv")
        if (row["src"], row["tgt"]) == (SOURCE, TARGET)
    ]
    ordered = best_first(rows)
    height = TOP + LINE * len(ordered) + 44
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
        f'height="{height}" role="img" aria-label="A leaderboard: {SOURCE} to {TARGET}">',
        f"<style>{STYLE}</style>",
        f'<rect class="paper" x=".5" y=".5" width="{WIDTH - 1}" height="{height - 1}" rx="10"/>',
        _text(20, 32, f"{rows[0]['corpus']}  {SOURCE} → {TARGET}", "ink bold"),
        _text(20, 54, f"{rows[0]['segments']} paragraphs", "quiet small"),
        _text(58, TOP - 10, "rank", "quiet small bold end"),
        _text(76, TOP - 10, "system", "quiet small bold"),
        _text(BAR[0] - 14, TOP - 10, "chrF ↑", "quiet small bold end"),
        _text(BAR[0], TOP - 10, "with 95 % interval", "quiet small"),
        _text(650, TOP - 10, "BLEU ↑", "quiet small bold end"),
        _text(736, TOP - 10, "SemSim ↑", "quiet small bold end"),
    ]
    low = min(float(row["chrf_ci_low"]) for row in rows)
    high = max(float(row["chrf_ci_high"]) for row in rows)
    for at, row in enumerate(ordered):
        parts += _row(row, TOP + LINE * at, (low, high))
    note = "One rank: none of its systems is significantly better than another. No benchmark."
    parts += [_text(20, height - 16, note, "quiet small"), "</svg>", ""]
    return "\n".join(parts)


def _row(row: Row, top: int, span: tuple[float, float]) -> Sequence[str]:
    middle = top + LINE // 2

    def place(name: str) -> float:
        share = (float(row[name]) - span[0]) / (span[1] - span[0])
        return round(BAR[0] + share * (BAR[1] - BAR[0]), 1)

    first, ink = row["rank"] == "1", "ink" if row["rank"] else "quiet"
    found = []
    if first:
        found.append(f'<rect class="band" x="12" y="{top}" width="{WIDTH - 24}" height="{LINE}"/>')
    ends = f'x1="{{}}" x2="{{}}" y1="{middle}" y2="{middle}"'
    return [
        *found,
        _text(58, middle + 5, row["rank"] or "–", f"{ink} end"),
        _text(76, middle + 5, row["system"], f"{'lead' if first else ink} bold"),
        _text(BAR[0] - 14, middle + 5, f"{float(row['chrf']):.1f}", f"{ink} bold end"),
        f'<line class="track" {ends.format(*BAR)}/>',
        f'<line class="range" {ends.format(place("chrf_ci_low"), place("chrf_ci_high"))} '
        'stroke-width="5" stroke-linecap="round"/>',
        f'<circle class="dot" cx="{place("chrf")}" cy="{middle}" r="4.5"/>',
        _text(650, middle + 5, f"{float(row['bleu']):.1f}", f"{ink} end"),
        _text(736, middle + 5, f"{float(row['semsim']):.3f}", f"{ink} end"),
    ]


def _text(x: int, y: int, text: str, kind: str) -> str:
    return f'<text class="{kind}" x="{x}" y="{y}">{escape(text)}</text>'


if __name__ == "__main__":
    PICTURE.write_text(picture(), encoding="utf-8")
