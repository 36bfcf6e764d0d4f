"""The paragraphs of docs/for-maintainers.md that a whole run renews, each between its comments."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = Path(__file__).resolve().parents[1] / "docs" / "for-maintainers.md"


def renew(name: str, text: str, page: Path = PAGE) -> bool:
    """Put `text` between the comments of `name` on `page`, in its width; whether it changed."""
    block = re.compile(rf"(<!-- measured: {name} -->\n\n).*?(\n\n<!-- end -->)", re.DOTALL)
    before = page.read_text(encoding="utf-8")
    if len(block.findall(before)) != 1:
        raise LookupError(f"{page} has no place for it")
    after = block.sub(lambda found: found[1] + _filled(text) + found[2], before)
    page.write_text(after, encoding="utf-8")
    return after != before


def _filled(text: str, width: int = 119) -> str:
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append("")
        lines[-1] += f" {word}" if lines[-1] else word
    return "\n".join(lines)
