"""Repeated measurements, and the table that compares them."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Figure:
    """One quantity of one program: repeated measurements in the table's unit."""

    values: list[float] = field(default_factory=list)
    psnr: float | None = None  # between its picture and hypermarch's in 32 bits, dB
    note: str = ""
    is_lower_bound: bool = False

    @property
    def median(self) -> float | None:
        return statistics.median(self.values) if self.values else None

    @property
    def spread(self) -> float:
        """Half of the distance between the quartiles, as a share of the median."""
        if len(self.values) < 2:
            return 0
        low, _, high = statistics.quantiles(self.values, n=4, method="inclusive")
        return (high - low) / 2 / statistics.median(self.values)

    def json(self) -> dict[str, Any]:
        psnr = None if self.psnr is None or math.isinf(self.psnr) else self.psnr
        return {
            "median": self.median, "spread": self.spread, "values": self.values, "psnr": psnr,
            "same_picture": self.psnr is not None and math.isinf(self.psnr),
            "lower_bound": self.is_lower_bound, "note": self.note,
        }


@dataclass
class Section:
    """One kind of work: a figure per program, the more the better or the less."""

    key: str
    title: str
    unit: str
    is_rate: bool
    figures: dict[str, Figure] = field(default_factory=dict)

    def figure(self, program: str) -> Figure:
        return self.figures.setdefault(program, Figure())

    def ratio(self, ours: str, theirs: str) -> float | None:
        """How many times as fast the first program is as the second."""
        first, second = (self.figures.get(key, Figure()).median for key in (ours, theirs))
        if not first or not second:
            return None
        return first / second if self.is_rate else second / first


OURS = ["hypermarch_f32", "hypermarch_bf16"]


def table(sections: list[Section], titles: dict[str, str]) -> str:
    """One line per section and program, ratios as `times as fast`."""
    header = ("", "median", "spread", "f32 ×", "bf16 ×", "PSNR", "")
    lines: list[tuple[str, ...]] = []
    for section in sections:
        lines.append((f"{section.title}, {section.unit}",))
        for key, title in titles.items():
            figure = section.figures.get(key, Figure())
            if figure.median is None:
                lines.append((f"  {title}", "—", "", "", "", "", figure.note))
                continue
            median = f"{figure.median:.3g}" if figure.median < 1000 else f"{figure.median:.0f}"
            median = f"≥ {median}" if figure.is_lower_bound else median
            lines.append((
                f"  {title}", median, f"±{100 * figure.spread:.0f} %",
                *(times(section.ratio(ours, key)) for ours in OURS),
                decibels(figure.psnr), figure.note))
    widths = [max(len(line[column]) for line in [header, *lines] if len(line) > column
              and len(line) > 1) for column in range(len(header))]

    def printed(line: tuple[str, ...]) -> str:
        if len(line) == 1:
            return f"\n{line[0]}"
        first = f"{line[0]:{widths[0]}}"
        middle = [f"{text:>{width}}" for text, width in zip(line[1:-1], widths[1:-1])]
        return "  ".join([first, *middle, line[-1]]).rstrip()

    return "\n".join(printed(line) for line in [header, *lines])


def times(ratio: float | None) -> str:
    return "" if ratio is None else f"{ratio:.2f}"


def decibels(psnr: float | None) -> str:
    if psnr is None:
        return ""
    return "same" if math.isinf(psnr) else f"{psnr:.1f} dB"
