"""Write the tables of README and docs that follow from code: `make tables`.

Each stands between two comments that markdown does not show, `<!-- table: NAME -->` and
`<!-- end -->`. What is between them is replaced; a test fails where it is not current.
"""

from __future__ import annotations

import ast
import re
import struct
from collections.abc import Callable, Iterable
from pathlib import Path

from kitbag import limits
from kitbag.wire import asking, frames, gatt, plan, records, requests
from kitbag_tools import plans, vm
from kitbag_tools.exports import tables as exported
from kitbag_tools.exports.schema import Column, Table
from kitbag_tools.sim import scenario

ROOT = vm.root()
_PLACE = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def pages() -> list[Path]:
    """Every markdown page that may hold a table."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def names(text: str) -> list[str]:
    """The tables that a page asks for."""
    return [name for _, name, _ in _PLACE.findall(text)]


def renewed(text: str) -> str:
    """`text` with all its tables as the code has them now. Raises KeyError for an unknown one."""
    return _PLACE.sub(lambda found: f"{found[1]}\n{TABLES[found[2]]()}\n\n{found[3]}", text)


def markdown(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """A table. Cells stay on one line and keep their bars to themselves."""
    lines = [list(head), *([str(cell) for cell in row] for row in rows)]
    lines.insert(1, ["---"] * len(lines[0]))
    return "\n".join(
        "| " + " | ".join(" ".join(cell.replace("|", "\\|").split()) for cell in line) + " |"
        for line in lines
    )


def code(text: object) -> str:
    return f"`{text}`"


# --- the care plan -------------------------------------------------------------------------------


def _care_plan() -> str:
    return markdown(
        ("setting", "without a plan", "may be", "what it is"),
        (
            (code(key), _default(key), plan.allowed(key), plans.WORDS[key])
            for key in plan.SCHEMA
        ),
    )  # fmt: skip


def _default(key: str) -> str:
    default = plan.SCHEMA[key][0]
    if isinstance(default, bool):
        return "true" if default else "false"
    return f"{default:g}" if isinstance(default, (int, float)) else default or "(empty)"


# --- safety --------------------------------------------------------------------------------------

_HOUR_MS, _MINUTE_MS = 3_600_000, 60_000


def _limits() -> str:
    c = "{:g} °C".format
    rows = (
        ("L1", "face, trip", c(limits.FACE_TRIP_MC / 1000), f"{_cycles()}, latched"),
        ("L2", "pad, trip", c(limits.PAD_TRIP_MC / 1000), f"{_cycles()}, latched"),
        ("L3", "level, awake", c(limits.LEVEL_MAX_C), _settled()),
        ("L4", "level when nobody touches it", c(limits.LEVEL_QUIET_C),
         f"after {limits.LEVEL_QUIET_AFTER_MS // _MINUTE_MS} minutes"),
        ("L5", "heat dose of 24 powered hours",
         f"{limits.DOSE_STOP_UMIN / 1e6:g} CEM43 minutes", _stepped()),
        ("L6", "time on", f"{limits.ON_TIME_MAX_MS // _HOUR_MS} h",
         f"{limits.ON_TIME_ALONE_MS // _HOUR_MS} h when nobody holds it"),
        ("L7", "mean power over a minute", f"{limits.MEAN_POWER_MAX_MW / 1000:g} W",
         "whatever pad and cell could give"),
        ("L8", "level at the neck, or with reduced sensation", c(limits.LEVEL_TENDER_C),
         f"at most {limits.TENDER_ON_MS // _HOUR_MS} h"),
        ("L9", "cut-out on the pad, latching", "46 ± 2 °C", "hardware, not firmware"),
    )  # fmt: skip
    return markdown(("limit", "of", "value", "and"), rows)


def _settled() -> str:
    minutes = limits.LEVEL_SETTLED_AFTER_MS // _MINUTE_MS
    return f"{limits.LEVEL_SETTLED_C:g} °C after {minutes} minutes at it"


def _stepped() -> str:
    return (
        f"from {limits.DOSE_STEP_UMIN / 1e6:g} on the level is {limits.DOSE_STEP_LEVEL_C:g} °C; "
        f"counted from the hotter sensor + {limits.DOSE_MARGIN_MC / 1000:g} °C"
    )


def _cycles() -> str:
    cycles = limits.TRIP_SAMPLES
    return f"{cycles} cycles in a row ({cycles * limits.CYCLE_MS / 1000:g} s)"


_REACTIONS = {
    "DOUBT": "in doubt: SF6 decides, at rest SF13",
    "OFF": "off, may begin anew",
    "LATCH": "off and latched",
    "LOCK": "off, for service",
}


def _guard() -> str:
    """What the guard runs in every cycle, read from its source, in its order."""
    return markdown(
        ("function", "what it looks for", "then heat is"),
        [*_functions("guard", "Guard"), *_functions("response", "Response")],
    )


def _functions(module: str, name: str) -> list[tuple[str, str, str]]:
    tree = ast.parse((ROOT / f"firmware/kitbag/warmth/{module}.py").read_text())
    owner = next(n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == name)
    methods = {node.name: node for node in owner.body if isinstance(node, ast.FunctionDef)}
    run = next(
        node.value
        for node in owner.body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and node.targets[0].id == "FUNCTIONS"
    )
    assert isinstance(run, ast.Tuple)
    rows: list[tuple[str, str, str]] = []
    for entry in run.elts:
        assert isinstance(entry, ast.Tuple)
        number, reaction, method = (ast.unparse(part) for part in entry.elts)
        says = (ast.get_docstring(methods[method]) or "").split("\n\n")[0]
        looks_for = re.sub(r"^[SF\d, ]+: ", "", says).rstrip(".")
        rows.append((f"SF{number}", looks_for, _REACTIONS[reaction]))
    return rows


# --- what lies on flash and goes over the wire ---------------------------------------------------


def _bytes(form: str, parts: Iterable[tuple[str, str]]) -> str:
    """A byte table of a struct `form`: each of `parts` is a field and what it says."""
    rows: list[tuple[str, str, str]] = []
    at = 0
    codes = re.findall(r"\d*[a-zA-Z]", form)
    for letter, (name, says) in zip(codes, parts, strict=True):
        size = struct.calcsize(f"<{letter}")
        rows.append((f"{at}" if size == 1 else f"{at}–{at + size - 1}", name, says))
        at += size
    return markdown(("bytes", "field", "is"), rows)


_NO_BLANK = "FFFF is written as 0000"


def _slot() -> str:
    form = "BBI8sH"
    assert struct.calcsize(f"<{form}") == records.SLOT
    return _bytes(form, (
        ("kind", "number of the record's kind"),
        ("boot", "low byte of the boot's number"),
        ("uptime_ms", "milliseconds since that boot; a gesture's record bears its end"),
        ("payload", "the kind's fields, one after the other, zeros behind them"),
        ("crc16", f"CRC-16/IBM-3740 over log epoch, seq and the 14 bytes before it; {_NO_BLANK}"),
    ))  # fmt: skip


def _header() -> str:
    return _bytes(records._HEADER.removeprefix("<") + "H", (  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
        ("magic", code(records._MAGIC.decode())),  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
        ("schema", f"{records.SCHEMA}"),
        ("spare", "0"),
        ("erases", "how often this sector was erased"),
        ("epoch", "drawn at random when the log was made: tells one log from the next"),
        ("boot", "number of the boot that began the sector"),
        ("first seq", "seq of its first record"),
        ("spare", "0"),
        ("crc16", f"over all before it; {_NO_BLANK}"),
    ))  # fmt: skip


def _record_kinds() -> str:
    return markdown(
        ("", "kind", "payload"),
        (
            (kind, code(spec.split()[0]), ", ".join(map(_field, _fields(spec))))
            for kind, spec in records.KINDS.items()
        ),
    )


def _fields(spec: str) -> list[str]:
    """Of one kind; a name alone stands for the fields that it has in `records`."""
    fields = spec.split()[1:]
    return fields if ":" in fields[0] else getattr(records, fields[0]).split()


def _field(spec: str) -> str:
    name, width, scale = spec.split(":")
    size = int(width)
    form = f"{'i' if size < 0 else 'u'}{8 * abs(size)}"
    if not scale.isdigit():
        return f"{code(name)} {form} {scale}"
    return f"{code(name)} {form}" + ("" if scale == "1" else f" ÷ {scale}")


def _words() -> str:
    """The lists that a field of any kind names in place of a scale."""
    specs = [field for spec in records.KINDS.values() for field in _fields(spec)]
    lists = dict.fromkeys(scale for *_, scale in (s.split(":") for s in specs) if scale.isupper())
    return markdown(
        ("list", "words, from 0 on"),
        ((name, ", ".join(getattr(records, name).split())) for name in lists),
    )


def _frame_kinds() -> str:
    slots = (
        f"{asking.RECORDS_HEADER_SIZE} bytes of header, then at most {requests.READ_MAX} slots "
        "as they lie on flash, never across the end of a sector"
    )
    piece = (
        f"{requests.PART_HEADER_SIZE} bytes of header, then at most {asking.PART_MAX} bytes of "
        "a care plan"
    )
    return markdown(("first byte", "body", "from", "holds"), (
        (f"{frames.REQUEST:02x}", "REQUEST", "host", "JSON"),
        (f"{frames.ANSWER:02x}", "ANSWER", "object", "JSON"),
        (f"{frames.RECORDS:02x}", "RECORDS", "object", slots),
        (f"{frames.PART:02x}", "PART", "host", piece),
        (f"{frames.SEALED:02x}", "SEALED", "either", "any of these, enciphered and authenticated"),
        (f"{frames.CHALLENGE:02x}", "CHALLENGE", "host", "who it is, and its number"),
        (f"{frames.PROOF:02x}", "PROOF", "object", "its number, and that it knows the secret"),
        (f"{frames.ADOPT:02x}", "ADOPT", "host", "a role, and its share of a new secret"),
        (f"{frames.SHARE:02x}", "SHARE", "object", "the other share"),
    ))  # fmt: skip


def _gatt() -> str:
    paired = "a computer that is paired with the passkey"
    return markdown(("service", "characteristic", "UUID", "does", "for"), (
        ("Device Information `180A`", "manufacturer", "`2A29`", "read", "anybody"),
        ("", "model", "`2A24`", "read", "anybody"),
        ("", "serial number: the object's id", "`2A25`", "read", "anybody"),
        ("", "firmware revision", "`2A26`", "read", "anybody"),
        ("Battery `180F`", "level in percent", "`2A19`", "read", "anybody"),
        (f"log `{gatt.SERVICE}`", "frames in", f"`{gatt.FRAMES_IN}`", "write", paired),
        ("", "frames out", f"`{gatt.FRAMES_OUT}`", "notify", "whoever wrote a frame in"),
    ))  # fmt: skip


def _records_header() -> str:
    return _bytes(requests.RECORDS_HEADER.removeprefix("<"), (
        ("kind", f"{frames.RECORDS:02x}"),
        ("turn", "of the request"),
        ("epoch", "of the log"),
        ("first seq", "of the slots that follow"),
        ("boot", "that began their sector; the low bytes of their boots count on from it"),
        ("slots", "how many follow"),
    ))  # fmt: skip


def _requests() -> str:
    """The operations as `requests` lists them in its own docstring."""
    listed = re.findall(r"^    (\S.*?) {3,}(\S.*)$", requests.__doc__ or "", re.MULTILINE)
    rows = ((code(asked.split()[0]), " ".join(map(code, asked.split()[1:])), does)
            for asked, does in listed)  # fmt: skip
    return markdown(("op", "with", "the object answers"), rows)


def _one_frame() -> str:
    """The first frame of every visit, byte by byte."""
    body = asking.request("hello", 1)
    frame = frames.encode(body)
    crc = frame[len(body) : -1]
    return markdown(("bytes", "are"), (
        (code(f"{body[0]:02x}"), "REQUEST"),
        (code(body[1:].hex(" ")), code(body[1:].decode())),
        (code(crc.hex(" ")), "CRC-32 of both, low byte first"),
        (code(f"{frame[-1]:02x}"), "END"),
    ))  # fmt: skip


# --- what is exported ----------------------------------------------------------------------------


def _columns(table: Table) -> str:
    return markdown(
        ("column", "is", "unit"),
        ((code(column.name), _says(column), column.unit) for column in table.columns),
    )


def _says(column: Column) -> str:
    told = column.description
    if column.derivation and column.derivation != "host":
        told += f"; {column.derivation}"
    if column.levels:
        told += ": " + ", ".join(map(code, column.levels))
    return told


def _event_columns() -> str:
    """Those that every event has; the others are the fields of its record kind."""
    fields = {name for kind in records.KINDS for name, _, _ in records.fields(kind)}
    events = exported.EVENTS
    own = [column for column in events.columns if column.name not in fields]
    return _columns(Table(events.name, events.description, events.row, own))


def _levels() -> str:
    """The words of the tables and what each one means."""
    rows = [
        (code(column.name), code(word), says)
        for table in exported.TABLES
        for column in table.columns
        for word, says in column.levels.items()
    ]
    return markdown(("column", "word", "means"), dict.fromkeys(rows))


# --- scenarios -----------------------------------------------------------------------------------


def _rule(rule: scenario.Rule) -> str:
    default = getattr(rule, "default", None)
    if default is None:
        return rule.allowed()
    if isinstance(default, bool):
        default = "true" if default else "false"
    elif isinstance(default, float):
        default = f"{default:g}"
    return f"{rule.allowed()}; {default or 'empty'} if left out"


def _rules(rules: dict[str, scenario.Rule]) -> str:
    return "; ".join(f"{code(key)}: {_rule(rule)}" for key, rule in rules.items())


def _world() -> str:
    return markdown(
        ("key of [world]", "may be"),
        ((code(key), _rule(rule)) for key, rule in scenario.WORLD.items()),
    )


def _events() -> str:
    rows = [(code(name), _rules(rules)) for name, rules in scenario.EVENTS.items()]
    rows.append((code("world"), "any key of [world]"))
    rows.append((code("fault"), f"{code('kind')}: one of the table below; its own keys"))
    rows.append((code("clear"), f"{code('kind')}: one that was set"))
    return markdown(("do", "with, beside t_s"), rows)


def _faults() -> str:
    rows = ((code(kind), _rules(rules)) for kind, rules in scenario.FAULTS.items())
    return markdown(("kind", "with"), rows)


TABLES: dict[str, Callable[[], str]] = {
    "care_plan": _care_plan,
    "limits": _limits,
    "guard": _guard,
    "slot": _slot,
    "header": _header,
    "record_kinds": _record_kinds,
    "words": _words,
    "frame_kinds": _frame_kinds,
    "gatt": _gatt,
    "records_header": _records_header,
    "requests": _requests,
    "one_frame": _one_frame,
    "nights_columns": lambda: _columns(exported.NIGHTS),
    "hugs_columns": lambda: _columns(exported.HUGS),
    "event_columns": _event_columns,
    "levels": _levels,
    "world": _world,
    "events": _events,
    "faults": _faults,
}


def main() -> None:
    for page in pages():
        text = page.read_text(encoding="utf-8")
        new = renewed(text)
        if new != text:
            page.write_text(new, encoding="utf-8")
            print(f"renewed: {page.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
