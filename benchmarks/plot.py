"""Plots the results: python plot.py results.json results.png. Runs in the rivals' environment."""

import json
import sys
from pathlib import Path
from statistics import median
from typing import Any

import matplotlib as mpl

mpl.use("Agg")

from matplotlib import pyplot as plt

OWN, OTHER = "#1f5fbf", "#9aa4b2"


def main(source: Path, target: Path) -> None:
    numbers = json.loads(source.read_text())["numbers"]
    plt.rcParams.update({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False})
    figure, panels = plt.subplots(2, 2, figsize=(11, 7), layout="constrained")
    draw_rates(panels[0][0], numbers.get("events per second", {}))
    draw_latency(panels[0][1], numbers)
    draw_growth(panels[1][0], numbers.get("events per second with rows behind", {}))
    draw_memory(panels[1][1], numbers.get("resident MiB of the two worker processes", []))
    for panel in panels.flat:
        panel.set_visible(panel.has_data())
    figure.savefig(target, dpi=110)


def draw_rates(panel: Any, rates: dict[str, list[float]]) -> None:
    if not rates:
        return
    names = sorted(rates, key=lambda name: median(rates[name]))
    middles = [median(rates[name]) for name in names]
    bars = panel.barh(names, middles, color=[OWN if n == "product" else OTHER for n in names])
    panel.bar_label(bars, [f"{value:,.0f}" for value in middles], padding=3)
    panel.set(xscale="log", title="Events per second, two worker processes each")
    panel.margins(x=0.25)


def draw_latency(panel: Any, numbers: dict[str, Any]) -> None:
    labels, heights, colours = [], [], []
    for rate in (20, 300):
        for name, found in numbers.get(f"latency at {rate}/s in ms", {}).items():
            for rank in ("p50", "p99"):
                labels.append(f"{name}\n{rate}/s {rank}")
                heights.append(median(found[rank]))
                colours.append(OWN if name == "product" else OTHER)
    bars = panel.bar(range(len(labels)), heights, color=colours)
    panel.bar_label(bars, [f"{value:.1f}" for value in heights])
    panel.set_xticks(range(len(labels)), labels, fontsize=6)
    panel.set(title="Commit to item, ms")


def draw_growth(panel: Any, rates: dict[str, list[float]]) -> None:
    if not rates:
        return
    sizes = [int(size.replace(",", "")) for size in rates]
    for size, found in zip(sizes, rates.values(), strict=True):
        panel.scatter([size] * len(found), found, color=OTHER, s=12)
    panel.plot(sizes, [median(found) for found in rates.values()], color=OWN, marker="o")
    panel.set(xscale="log", title="Events per second, by processed events in the tables")
    panel.set_ylim(0, 1.2 * max(map(max, rates.values())))


def draw_memory(panel: Any, resident: list[float]) -> None:
    done = [0.05 * (number + 1) for number in range(len(resident))]
    panel.plot(done, resident, color=OWN)
    panel.set(title="Resident MiB of both workers, by million events")
    panel.set_ylim(0, 1.3 * max(resident, default=1))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
