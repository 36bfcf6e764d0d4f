"""What a measured figure is, and the table and the file that all of them end in."""

import json
import operator
import os
import platform
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

_HOLDS = {"<=": operator.le, ">=": operator.ge, "==": operator.eq}


@dataclass(frozen=True)
class Figure:
    """One figure, its peer measured in the same run, and the bound it must keep, if it has one."""

    name: str
    value: float
    unit: str
    how: str
    peer: str = ""
    peer_value: float | None = None
    bound: tuple[str, float] | None = None

    @property
    def kept(self) -> bool:
        """Whether the bound holds; a figure without one always does."""
        return self.bound is None or _HOLDS[self.bound[0]](self.value, self.bound[1])


Results = dict[str, list[Figure]]
"""Group -> its figures, in the order they were measured."""


def write(results: Results, path: Path) -> None:
    """Everything a program wants, with what it ran on."""
    content = {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "groups": {
            group: [{**asdict(figure), "kept": figure.kept} for figure in figures]
            for group, figures in results.items()
        },
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def show(results: Results, console: Console) -> None:
    """The same as a table for people."""
    for group, figures in results.items():
        table = Table(title=group, title_justify="left", title_style="bold")
        table.add_column("figure")
        table.add_column("measured", justify="right")
        table.add_column("bound", justify="right")
        table.add_column("beside it", justify="right")
        table.add_column("which is")
        for figure in figures:
            bound = f"{figure.bound[0]} {_plain(figure.bound[1])}" if figure.bound else ""
            table.add_row(
                figure.name,
                f"{_plain(figure.value)} {figure.unit}",
                bound if figure.kept else f"[bold red]{bound} MISSED[/]",
                "" if figure.peer_value is None else f"{_plain(figure.peer_value)} {figure.unit}",
                figure.peer,
            )
        console.print(table)
        for how in dict.fromkeys(figure.how for figure in figures):
            console.print(f"  again: {how}", highlight=False, style="dim")


def _plain(value: float) -> str:
    if value == int(value) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 1 else f"{value:.1f}"
