"""`make bench`: every figure that is claimed, beside its peer, in one run.

`.venv/bin/python bench` measures all groups, `.venv/bin/python bench journal memory` only those.
"""

import importlib
import sys

from rich.console import Console

import figures
from kitbag_tools import vm
from kitbag_tools.errors import ExitCode, KitbagError

GROUPS = ("night", "memory", "journal", "download", "radio", "sense", "heat")


def main(wanted: list[str]) -> int:
    messages = Console(stderr=True)
    unknown = sorted(set(wanted) - set(GROUPS))
    if unknown:
        messages.print(f"no group {', '.join(unknown)}; there are: {', '.join(GROUPS)}")
        return ExitCode.USAGE
    results: figures.Results = {}
    failed = False
    for group in [name for name in GROUPS if not wanted or name in wanted]:
        messages.print(f"measuring: {group} ...")
        try:
            results[group] = importlib.import_module(group).measure()
        except KitbagError as error:
            messages.print(error.told(), highlight=False)
            failed = True
    path = vm.root() / "build" / "bench.json"
    figures.write(results, path)
    figures.show(results, Console(width=max(120, messages.width)))
    messages.print(f"written: {path}")
    missed = [figure.name for group in results.values() for figure in group if not figure.kept]
    for name in missed:
        messages.print(f"missed its bound: {name}")
    return ExitCode.FAILED if failed or missed else ExitCode.OK


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
