"""The report on a dump: lines for people, fields for programs."""

from __future__ import annotations

from typing import Any

from ...words import gap_line
from .findings import Findings, Log
from .proof import LIKELY

_GAP_LINES = 20  # of a log; --json has them all


def report_lines(name: str, findings: Findings) -> list[str]:
    """For people."""
    lines = [f"{name}: {_sectors(findings)}."]
    if findings.half_headers:
        lines.append(
            f"  {_of(findings.half_headers, 'sector')} with one header copy of two: nothing lost "
            "by that."
        )
    if findings.inferred:
        lines.append(
            "  Inferred: the header is gone; the neighbours say which place it can be, and the "
            f"records' own checksums prove it (by chance less than once in {1 / LIKELY:,.0f})."
        )
    if findings.unreadable:
        lines.append(
            f"  Unreadable: {_numbers(findings.unreadable)}, counted from 0. Nothing in there "
            "proves its place in a log."
        )
    if findings.elsewhere:
        lines.append(
            f"  {_of(findings.elsewhere, 'sector')} with something else; the log is there without."
        )
    if findings.newer:
        lines.append(
            f"  {_of(findings.newer, 'sector')} of a newer Kitbag: update this tool "
            "(`pip install --upgrade kitbag`)."
        )
    if findings.at:
        lines.append(f"  The first sector begins at byte {findings.at}.")
    if findings.stray_bytes:
        lines.append(f"  {findings.stray_bytes} bytes are too few for a sector.")
    if findings.is_cut:
        lines.append("  A sector is cut short: the file has not all of it.")
    for log in findings.logs:
        lines += _log_lines(log, log is findings.logs[-1])
    lines.append(
        "Nothing is missing, nothing is damaged."
        if findings.is_whole
        else "Every record told here is as the object wrote it; what was doubtful was left out."
    )
    return lines


def report_fields(name: str, findings: Findings) -> dict[str, Any]:
    """For programs."""
    return {
        "image": name,
        "bytes": findings.size,
        "at_byte": findings.at,
        "whole": findings.is_whole,
        "sectors": {
            "all": findings.sectors,
            "good": findings.good,
            "inferred": findings.inferred,
            "unreadable": findings.unreadable,
            "free": findings.free,
            "elsewhere": findings.elsewhere,
            "newer": findings.newer,
            "one_header_copy": findings.half_headers,
        },
        "cut": findings.is_cut,
        "stray_bytes": findings.stray_bytes,
        "records": findings.records,
        "logs": [_log_fields(log) for log in findings.logs],
    }


def _log_fields(log: Log) -> dict[str, Any]:
    return {
        "log_epoch": f"{log.epoch:08x}",
        "first_seq": log.first,
        "next_seq": log.next,
        "boots": log.boots,
        "records": len(log.records),
        "damaged": len(log.damaged),
        "void": len(log.void),
        "missing": log.missing,
        "conflicts": [record.seq for record in log.conflicts],
        "gaps": [
            {"first_seq": gap.first_seq, "last_seq": gap.last_seq, "reason": gap.reason}
            for gap in log.gaps
        ],
    }


def _log_lines(log: Log, is_newest: bool) -> list[str]:
    age = "" if is_newest else " (an earlier one)"
    span = f"records {log.first} to {log.next - 1}" if log.next > log.first else "no record"
    boots = ""
    if log.boots:
        first, last = log.boots
        boots = f", boot {first}" if first == last else f", boots {first} to {last}"
    counts = f"{len(log.records)} recovered, {len(log.damaged)} damaged, {len(log.void)} void"
    lines = [f"Log {log.epoch:08x}{age}: {span}{boots}. {counts}."]
    if log.first > 1:
        lines.append(
            f"  Records before {log.first} are not in the dump: the ring writes over them."
        )
    lines += [f"  {gap_line(gap)}" for gap in log.gaps[:_GAP_LINES]]
    more = len(log.gaps) - _GAP_LINES
    if more > 0:
        lines.append(f"  ... and {more} more stretches; --json has them all.")
    if log.conflicts:
        lines.append(
            f"  {_of(len(log.conflicts), 'record')} that another sector tells otherwise; those of "
            "the sector with a header were kept, the others are in quarantine."
        )
    return lines


def _sectors(findings: Findings) -> str:
    counted = [
        (findings.good, "good"),
        (findings.inferred, "inferred"),
        (len(findings.unreadable), "unreadable"),
        (findings.free, "free"),
    ]
    parts = ", ".join(f"{count} {word}" for count, word in counted)
    return f"{_of(findings.sectors, 'sector')}: {parts}"


def _of(count: int, thing: str) -> str:
    return f"{count} {thing}{'s' if count != 1 else ''}"


def _numbers(places: list[int]) -> str:
    shown = ", ".join(str(place) for place in places[:_GAP_LINES])
    more = len(places) - _GAP_LINES
    return f"sector{'s' * (len(places) > 1)} {shown}{f' and {more} more' if more > 0 else ''}"
