"""``mtbench doctor``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mtbench.cli import common
from mtbench.errors import Unavailable
from mtbench.settings import FILE, shown

if TYPE_CHECKING:
    from mtbench.types import HeldCheckpoint


@click.command(epilog="Example: mtbench doctor --format json")
@click.option("--hub", is_flag=True, help="Only try to reach the model hub; exit 3 if not.")
@common.format_option("table", "json")
@common.taken_talk_options
def doctor(hub: bool, style: str) -> None:
    """Say what is installed and reachable, and which systems and metrics can run here."""
    from mtbench.checkpoints.network import reachable
    from mtbench.pipeline.doctor import diagnose

    if hub:
        if not reachable():
            raise Unavailable("the model hub cannot be reached")
        common.emit("the model hub can be reached")
        return
    found = diagnose()
    if style == "json":
        common.emit_json(found.model_dump(mode="json"))
        return
    common.emit(f"mtbench {found.version}, Python {found.python}, {found.platform}")
    for extra, packages in found.extras.items():
        here = ", ".join(f"{n} {v}" if v else f"{n} missing" for n, v in packages.items())
        common.emit(f"extra {extra}: {here}")
    for package, why in found.broken.items():
        common.emit(f"cannot be imported: {package}: {why}")
    common.emit(f"model hub: {'reachable' if found.hub_reachable else 'not reachable'}")
    common.emit(f"cache: {found.cache}")
    for name, value in found.settings.items():
        common.emit(f"setting of {FILE}: {name} = {shown(value)}")
    common.emit(common.grid(["metric", "runs here"], [[m.name, m.answer] for m in found.metrics]))
    for metric, weights in found.weights.items():
        for one in weights:
            _say_weights(metric, one)
    files, size = found.leftovers
    if files:
        common.emit(
            f"left by killed downloads, and read by nothing: {files} files, {size / 1e9:.1f} GB, "
            "named *.incomplete in the hub's cache"
        )
    common.emit(
        common.grid(
            ["system", "pairs that run here", "what is missing"],
            [[s.name, " ".join(s.pairs) or "none", s.why_not or ""] for s in found.systems],
        )
    )
    for pair in found.unserved:
        common.emit(f"{pair}: only baselines can run here")


def _say_weights(metric: str, one: HeldCheckpoint) -> None:
    pinned = ", the pinned one" if one.pinned else ""
    size = f"{one.bytes / 1e9:.1f} GB"
    common.emit(f"checkpoint of {metric} here: {one.model} {one.revision[:12]} ({size}{pinned})")
    if not one.encoder:
        common.emit(
            "  but not its encoder's tokenizer: "
            f"mtbench metrics fetch {metric} --model {one.model} --revision {one.revision}"
        )
