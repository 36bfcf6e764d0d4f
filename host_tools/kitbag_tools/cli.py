"""`kitbag` on the command line: thin verbs over the tool's modules.

Data goes to stdout, progress and messages to stderr. What is heavy is imported where it is used,
so that asking for help never waits. Every failure ends in `main`, in words.
"""

from __future__ import annotations

import contextlib
import json
import sys
import traceback
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import click

from . import environment
from .environment import Environment
from .errors import ExitCode, KitbagError, Reason
from .roles import ROLES

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    from .history import History
    from .keys import Keys
    from .object_client import ObjectClient
    from .store import Store

DEBUG = "KITBAG_DEBUG"


@dataclass
class Session:
    """What the verbs share: the environment and the options that stand before them."""

    env: Environment
    store: Path | None  # what --store names
    above_bar: Callable[[str], None] | None = None  # while a bar is on the terminal

    @property
    def store_path(self) -> Path:
        """Where the nights of all objects are kept."""
        return self.store or self.env.store_path

    def say(self, text: str) -> None:
        """A message for the person at the terminal."""
        if self.above_bar is not None:
            self.above_bar(text)
        else:
            print(text, file=self.env.stderr, flush=True)

    def out(self, text: str) -> None:
        """Data."""
        print(text, file=self.env.stdout, flush=True)

    def out_json(self, value: object) -> None:
        self.out(json.dumps(value, indent=2, ensure_ascii=False))


class Verbs(click.Group):
    """A group that knows what was probably meant."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0] if args else ""
        if name and not name.startswith("-") and self.get_command(ctx, name) is None:
            near = get_close_matches(name, self.list_commands(ctx), n=1)
            raise KitbagError(
                where=ctx.command_path,
                reason=Reason.USAGE,
                problem="there is no such command",
                given=name,
                allowed=", ".join(self.list_commands(ctx)),
                next_step=f"did you mean `{ctx.command_path} {near[0]}`?"
                if near
                else f"see `{ctx.command_path} --help`",
            )
        return super().resolve_command(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)  # in the order in which one needs them


pass_session = click.make_pass_decorator(Session)

_json = click.option("--json", "as_json", is_flag=True, help="For programs: JSON on stdout.")
_port = click.option(
    "--port",
    metavar="PORT",
    help="A serial path (/dev/ttyACM0, COM3), ble:ID in a link window, or sim:DIR. "
    "Without it: the only object plugged in.",
)
_object = click.option(
    "--object", "device", metavar="ID", help="Which object, if the store holds several."
)
_zone = click.option(
    "--zone",
    "zone_name",
    metavar="ZONE",
    help="The holder's time zone, such as Europe/London. Without it: KITBAG_ZONE, "
    "or this computer's.",
)


@click.group(
    cls=Verbs,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 99},
    epilog="Exit codes: 0 ok, 1 failed, 2 usage or invalid file, 3 no object found, 4 data "
    "incomplete, 5 refused for safety or consent, 130 interrupted.",
)
@click.version_option(package_name="kitbag", message="kitbag %(version)s")
@click.option(
    "--store",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Where nights are kept. Without it: kitbag.sqlite3 in this user's data folder, "
    "or in KITBAG_DATA.",
)
@click.pass_context
def kitbag(ctx: click.Context, store: Path | None) -> None:
    """Kitbag: a warm, huggable object, and what it tells of its nights.

    \b
    kitbag sim examples/night/night.toml --out build/night   meet it without hardware
    kitbag sync                                              bring its log home
    kitbag nights                                            read it in words
    kitbag report --out nights.svg                           see it
    """
    env = ctx.find_object(Environment) or environment.real()
    ctx.obj = Session(env, store)


# --- the simulated object ------------------------------------------------------------------------


@kitbag.command(short_help="Play a night on a simulated object and read its log.")
@click.argument("scenario", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--out",
    "out_dir",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    metavar="DIR",
    help="Where everything is written.",
)
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), help="Instead of the scenario's own.")
@click.option(
    "--speed",
    default="max",
    metavar="max|FACTOR",
    show_default=True,
    help="As fast as it goes, or a multiple of real time.",
)
@click.option("--hold", is_flag=True, help="Keep the object alive at the end; Ctrl-C ends it.")
@click.option("--verbose", is_flag=True, help="Say what is going on, line by line.")
@_json
@pass_session
def sim(
    session: Session,
    scenario: Path,
    out_dir: Path,
    seed: int | None,
    speed: str,
    hold: bool,
    verbose: bool,
    as_json: bool,
) -> ExitCode:
    """Play a night on a simulated object and read its log.

    The real firmware runs on the real MicroPython, against a simulated room, body and board. Its
    log comes down over a simulated USB port, by the same code that talks to a real one.
    """
    from .sim import runner
    from .sim import scenario as scenarios

    factor = _speed(speed)
    played = scenarios.load(scenario, seed)
    with _progress(session, verbose) as told:
        result = runner.run(played, out_dir, session.env, factor, hold, told)
    if verbose:
        heap = result.summary["heap_bytes"]
        session.say(
            f"Heap of the object: {heap['firmware']} bytes for the firmware (twice its budget "
            f"on a chip), {heap['simulated_board']} for the simulated board, "
            f"{heap['garbage']} for garbage."
        )
    for problem in result.problems:
        session.say(problem.told())
    written = [*sorted(out_dir.glob("*.csv")), out_dir / "summary.json"]
    if result.device is None:
        session.say("Nothing came down, so there is no night to tell of.")
        return runner.exit_code(result)

    from . import history, nights
    from .store import Store
    from .zones import zone

    with Store(result.store_path) as store:
        known = history.load(store, result.device)
        where = (zone(played.zone) if played.zone else played.start.tzinfo) or zone("UTC")
        told_nights = nights.nights(known, where)
        picture = out_dir / "night.svg"
        if _picture(session, store, picture, where, played.zone, result.device):
            written.insert(-1, picture)
    if as_json:
        session.out_json(
            {
                "complete": result.complete,
                "summary": result.summary,
                "files": [str(path) for path in written],
            }
        )
    else:
        for night in told_nights:
            session.out("\n  ".join(nights.describe(night, where, _scent(known))))
        session.out("")
        for path in written:
            session.out(str(path))
    return runner.exit_code(result)


def _speed(text: str) -> float | str:
    if text == "max":
        return text
    try:
        factor = float(text)
    except ValueError:
        factor = 0.0
    if not 0 < factor < 1e6:
        raise KitbagError(
            where="--speed",
            reason=Reason.USAGE,
            given=text,
            allowed="max, or a factor of real time above 0",
            next_step="leave it out for the fastest run",
        )
    return factor


def _picture(
    session: Session,
    store: Store,
    path: Path,
    where: tzinfo,
    zone_name: str | None,
    device: str,
) -> bool:
    """Draw the nights if matplotlib is there; a night without a picture is still a night."""
    from . import reports

    try:
        reports.night_raster(store, path, zone_name=zone_name, device=device, zone=where)
    except KitbagError as error:
        if error.reason is not Reason.PART_MISSING:
            raise
        session.say(error.told())
        return False
    return True


# --- the object at hand --------------------------------------------------------------------------


@kitbag.command()
@_json
@pass_session
def ports(session: Session, as_json: bool) -> ExitCode:
    """List the ports of this computer and who answers there."""
    from .transports import discovery

    asked = discovery.survey(discovery.serial_ports(), session.env.now_utc_ms)
    if as_json:
        session.out_json(
            [
                {
                    "port": port.path,
                    "label": port.label,
                    "usb": port.usb,
                    "object": port.hello.device if port.hello else None,
                    "firmware": port.hello.firmware if port.hello else None,
                    "adopted": port.hello.adopted if port.hello else None,
                    "why": port.why,
                }
                for port in asked
            ]
        )
    else:
        for port in asked:
            if port.hello:
                who = f"object {port.hello.device}, firmware {port.hello.firmware}"
                if not port.hello.adopted:
                    who += ", not adopted yet"
            else:
                who = f"no object: {port.why}"
            session.out(f"{port.path}  {who}{f'  ({port.label})' if port.label else ''}")
    if any(port.hello for port in asked):
        return ExitCode.OK
    session.say(
        "No object found. Plug it in with a data cable (some cables only charge); a simulated one "
        "is reached with --port sim:DIR."
    )
    return ExitCode.NO_OBJECT


@kitbag.command(short_help="Have the object take this computer as one of its own.")
@_port
@click.option(
    "--role",
    type=click.Choice(ROLES),
    default=ROLES[0],
    show_default=True,
    help="A therapist's computer also sets the plan; a clinician's only reads.",
)
@click.option(
    "--admit",
    type=click.Choice(ROLES),
    help="Instead: let another computer be adopted, in that role, within ten minutes.",
)
@click.option("--list", "listing", is_flag=True, help="Instead: say who has been adopted.")
@click.option("--revoke", metavar="HOST", help="Instead: send the computer with that id away.")
@_json
@pass_session
def adopt(
    session: Session,
    port: str | None,
    role: str,
    admit: str | None,
    listing: bool,
    revoke: str | None,
    as_json: bool,
) -> ExitCode:
    """Have the object take this computer as one of its own.

    Over USB, with the object in hand. A stranger gets nothing from the object, on whatever way;
    each computer has a key of its own, and the object's holder can send all of them away: button
    held for 10 s. Keys lie in a private file, or with KITBAG_KEYS=keyring in the keyring of the
    operating system.
    """
    from . import adoption

    wanted = [w for w in (admit, listing, revoke) if w]
    if len(wanted) > 1:
        raise KitbagError(
            where="kitbag adopt",
            reason=Reason.USAGE,
            problem="this cannot be asked for at once",
            allowed="one of --admit, --list, --revoke",
            next_step="ask for one after the other",
        )
    if not wanted:
        done = adoption.adopt(
            port, role, _keys(session, port), session.env.now_utc_ms, session.env.random_bytes
        )
    else:
        with _client(session, port) as client:
            if listing:
                done = adoption.listed(client)
            elif admit:
                done = adoption.admitted(client, admit)
            else:
                done = adoption.revoked(client, revoke or "")
            client.bye()
    if as_json:
        session.out_json(done.fields)
    else:
        session.out(done.words)
    return ExitCode.OK


@kitbag.command()
@_port
@_json
@pass_session
def status(session: Session, port: str | None, as_json: bool) -> ExitCode:
    """Say what the object does and feels now."""
    with _client(session, port) as client:
        hello = client.hello()
        fields = client.status()
        waiting = client.count(hello.acked)
        client.bye()
    if as_json:
        told = {"object": hello.device, "firmware": hello.firmware, "waiting": waiting}
        session.out_json({**told, **fields})
        return ExitCode.OK
    from .words import status_lines

    session.out("\n".join(status_lines(hello, fields, waiting)))
    return ExitCode.OK


@kitbag.command()
@_port
@_zone
@_json
@pass_session
def sync(session: Session, port: str | None, zone_name: str | None, as_json: bool) -> ExitCode:
    """Bring the object's log home.

    Only what is not there yet is read, and it is stored whole or not at all. Nothing is erased on
    the object.
    """
    from . import history, nights, visits, zones
    from .store import Store
    from .words import gap_lines, sync_line

    where, _ = zones.chosen(zone_name, session.env.variables)
    with _client(session, port) as client, Store(session.store_path) as store:
        with _progress(session, False) as told:

            def count(done: int, of: int) -> None:
                if told:
                    told(done / max(of, 1), f"{done} of {of} records")

            try:
                result = visits.sync(client, store, count)
            except BaseException:
                for notice in store.notices:  # else they are among the warnings of the result
                    session.say(notice)
                raise
        known = history.load(store, result.device)
        records = store.count(result.device)  # of all its logs, as the nights are
        # Not the one that has only just begun, unless it was used already
        seen = sum(n.reason != nights.PARTLY_SEEN for n in nights.nights(known, where))
    for warning in [*result.warnings, *known.doubts]:
        session.say(warning)
    for line in gap_lines(result):
        session.say(line)
    if as_json:
        session.out_json(
            {
                "object": result.device,
                "firmware": result.firmware,
                "nights": seen,
                "records": records,
                "records_new": result.records_new,
                "gaps": [
                    {"first_seq": g.first_seq, "last_seq": g.last_seq, "reason": g.reason}
                    for g in result.gaps
                ],
                "conflicts": result.conflicts,
                "complete": result.complete,
                "warnings": result.warnings,
            }
        )
    else:
        session.out(sync_line(result, seen, records))
    return ExitCode.OK if result.complete else ExitCode.INCOMPLETE


@kitbag.command(short_help="Look at the bladder, or at a dump of the log.")
@_port
@click.option(
    "--rest-s",
    type=click.IntRange(20, 600),
    default=60,
    show_default=True,
    help="How long it is watched at rest, in seconds.",
)
@click.option(
    "--image",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="No object: a raw dump of its log partition, however damaged.",
)
@click.option(
    "--out",
    "out_dir",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="With --image: write what was recovered as tables, and a store of its own.",
)
@click.option(
    "--object", "device", metavar="ID", help="With --out: whose dump it is. It does not say so."
)
@_zone
@_json
@pass_session
def doctor(
    session: Session,
    port: str | None,
    rest_s: int,
    image: Path | None,
    out_dir: Path | None,
    device: str | None,
    zone_name: str | None,
    as_json: bool,
) -> ExitCode:
    """Look whether the bladder holds its air and feels a hug, or what a dump of the log holds.

    Watches a minute of rest and one hug, and says what to do next. Nothing is changed on the
    object; the hug is one like any other, in its log too. Exit code 1 where something is to be
    mended, 4 where rest or hug could not be watched.

    With --image it reads a file instead and recovers every record that can be believed. Your own
    store is left alone. Exit code 4 where something is missing or damaged.
    """
    if image is not None and port is not None:
        raise _one_of_two("--image", "--port", "an object or a dump of one, not both")
    if image is None and (out_dir is not None or device is not None):
        given = "--out" if out_dir is not None else "--object"
        raise _one_of_two(given, "no --image", "it writes down what a dump holds")
    if image is not None:
        return _dump(session, image, out_dir, device, zone_name, as_json)

    from .doctor.figures import measure
    from .doctor.judge import judge
    from .doctor.watch import watch
    from .doctor.words import report_fields, report_lines

    with _client(session, port) as client:
        hello = client.hello()
        with _progress(session, False) as told:
            watched = watch(client, rest_s, session.say, told)
        client.bye()
    figures = measure(watched)
    verdict = judge(figures)
    if as_json:
        session.out_json(report_fields(hello, figures, verdict))
    else:
        session.out("\n".join(report_lines(hello, figures, verdict)))
    return verdict.health.exit_code


def _one_of_two(given: str, beside: str, why: str) -> KitbagError:
    return KitbagError(
        where="kitbag doctor",
        reason=Reason.USAGE,
        problem=why,
        given=f"{given} with {beside}",
        allowed="--port PORT for an object; --image FILE, and --out DIR with it, for a dump",
        next_step="leave one of them out" if beside.startswith("--") else "name it with --image",
    )


def _dump(
    session: Session,
    image: Path,
    out_dir: Path | None,
    device: str | None,
    zone_name: str | None,
    as_json: bool,
) -> ExitCode:
    from . import zones
    from .doctor.dump import findings, source, words

    _, named = zones.chosen(zone_name, session.env.variables)
    data = source.load(image)
    written: list[Path] = []
    with _progress(session, False) as told:
        found = findings.read(data, told)
        source.check(image, data, found)
        if out_dir is not None:
            from .doctor.dump import tables

            if told:
                told(1.0, "writing the tables")
            name = device or tables.UNKNOWN_DEVICE
            written = tables.write(found, out_dir, named, name, session.env.now_utc_ms())
    if as_json:
        session.out_json(
            {**words.report_fields(str(image), found), "files": [str(path) for path in written]}
        )
    else:
        for line in [*words.report_lines(str(image), found), *map(str, written)]:
            session.out(line)
    return ExitCode.OK if found.is_whole else ExitCode.INCOMPLETE


# --- care plans ----------------------------------------------------------------------------------


@kitbag.group(cls=Verbs, short_help="Write, check and apply care plans.")
def plan() -> None:
    """Write, check and apply care plans: what holder and therapist agreed on."""


_plan_file = click.argument("file", type=click.Path(dir_okay=False, path_type=Path))


@plan.command("new", short_help="Write a plan with every setting at its default.")
@_plan_file
@click.option("--force", is_flag=True, help="Write over a file that is already there.")
@pass_session
def plan_new(session: Session, file: Path, force: bool) -> ExitCode:
    """Write a plan with every setting at its default, and what each one means."""
    from kitbag.wire import plan as wire

    from . import plans
    from .files import is_there, write_atomically

    if is_there(file) and not force:
        raise KitbagError(
            where=str(file),
            reason=Reason.USAGE,
            problem="this file is already there",
            next_step="choose another name, or write over it with --force",
        )
    write_atomically(file, plans.to_toml(wire.defaults()).encode())
    session.say(f"Written to {file}. Change it, then: kitbag plan check {file}")
    return ExitCode.OK


@plan.command("check")
@_plan_file
@_json
@pass_session
def plan_check(session: Session, file: Path, as_json: bool) -> ExitCode:
    """Check a plan; name every setting that cannot be used."""
    from . import plans

    checked, problems = plans.read(file)
    notes = [] if problems else plans.notes(checked)
    if as_json:
        session.out_json(
            {"valid": not problems, "problems": [p.as_fields() for p in problems], "notes": notes}
        )
    for problem in problems:
        session.say(problem.error().told())
    if problems:
        session.say(f"{len(problems)} setting{'s' if len(problems) != 1 else ''} to correct.")
        return ExitCode.USAGE
    for note in notes:
        session.say(f"Note: {note}")
    if not as_json:
        session.out(f"{file}: the plan can be used.")
    return ExitCode.OK


@plan.command("apply", short_help="Put a plan in force on the object, and check that it is.")
@_plan_file
@_port
@_json
@pass_session
def plan_apply(session: Session, file: Path, port: str | None, as_json: bool) -> ExitCode:
    """Put a plan in force on the object, read it back and compare."""
    from kitbag.wire import asking

    from . import plans, visits
    from .store import Store

    checked = plans.checked(file)
    for note in plans.notes(checked):
        session.say(f"Note: {note}")
    with _client(session, port) as client, Store(session.store_path) as store:
        done = visits.set_up(client, asking.nested(checked), store)
    if as_json:
        session.out_json(
            {"object": done.device, "plan_crc": done.plan.crc, "plan": json.loads(done.plan.text)}
        )
    else:
        session.out(f"Saved and checked: object {done.device} follows {file}.")
    return ExitCode.OK


@plan.command("show", short_help="Print a plan and what each setting means.")
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@_port
@_json
@pass_session
def plan_show(session: Session, file: Path | None, port: str | None, as_json: bool) -> ExitCode:
    """Print a plan with what each setting means: of FILE, or the one in force on the object."""
    from . import plans

    shown = plans.checked(file) if file else _plan_in_force(session, port)
    for note in plans.notes(shown):
        session.say(f"Note: {note}")
    if as_json:
        session.out_json(shown)
    else:
        session.out(plans.to_toml(shown).rstrip())
    return ExitCode.OK


@plan.command("diff", short_help="Say in which settings two plans differ.")
@_plan_file
@click.argument("other", required=False, type=click.Path(dir_okay=False, path_type=Path))
@_port
@_json
@pass_session
def plan_diff(
    session: Session, file: Path, other: Path | None, port: str | None, as_json: bool
) -> ExitCode:
    """Say in which settings FILE differs from OTHER, or from the plan in force on the object."""
    from . import plans

    wanted = plans.checked(file)
    compared = plans.checked(other) if other else _plan_in_force(session, port)
    found = plans.differences(compared, wanted)
    name = str(other) if other else "the object"
    if as_json:
        # Under the files' names too, as before; what they are called replaces no field
        session.out_json(
            [
                {name: old, str(file): new, "key": key, "other": old, "file": new}
                for key, old, new in found
            ]
        )
        return ExitCode.OK
    for key, old, new in found:
        session.out(f"{key}: {old} in {name}, {new} in {file}")
    if not found:
        session.out(f"{file} and {name} are the same plan.")
    return ExitCode.OK


def _plan_in_force(session: Session, port: str | None) -> dict[str, Any]:
    from . import plans

    with _client(session, port) as client:
        client.hello()
        text = client.plan_get().text
        client.bye()
    return plans.from_object(text)


# --- what is stored ------------------------------------------------------------------------------


@kitbag.command()
@_object
@_zone
@_json
@pass_session
def nights(session: Session, device: str | None, zone_name: str | None, as_json: bool) -> ExitCode:
    """Tell the stored nights in words."""
    from . import nights as told
    from . import zones
    from .exports import tables

    where, named = zones.chosen(zone_name, session.env.variables)
    known = _history(session, device)
    found = told.nights(known, where)
    for doubt in known.doubts:
        session.say(doubt)
    if as_json:
        session.out_json([tables.night_row(night, known.device, where, named) for night in found])
        return ExitCode.OK
    for night in found:
        session.out("\n  ".join(told.describe(night, where, _scent(known))))
    undated = told.undated(known, where)
    if undated:
        session.out(f"{undated} more could not be dated: the object's clock was never compared.")
    if not found and not undated:
        session.say("There is no night in the store yet: use the object, then run `kitbag sync`.")
    session.say(f"Times are of {named}, nights from noon to noon.")
    return ExitCode.OK


@kitbag.command(short_help="Write the stored nights as tables.")
@click.option("--format", "form", type=click.Choice(["csv"]), default="csv", show_default=True)
@click.option(
    "--out",
    "out_dir",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    metavar="DIR",
    help="Where the tables are written.",
)
@click.option(
    "--start",
    metavar="TIME",
    help="From when seconds are counted, ISO 8601 with an offset. "
    "Without it: the noon before the first night.",
)
@_object
@_zone
@_json
@pass_session
def export(
    session: Session,
    form: str,
    out_dir: Path,
    start: str | None,
    device: str | None,
    zone_name: str | None,
    as_json: bool,
) -> ExitCode:
    """Write events, hugs, nights and breaths as tables, with a codebook beside each."""
    from . import exports, zones

    _, named = zones.chosen(zone_name, session.env.variables)
    with _stored(session) as store:
        written = exports.write_tables(
            store, out_dir, named, _moment(start) if start else None, device
        )
    if as_json:
        session.out_json({"format": form, "files": [str(path) for path in written]})
    else:
        for path in written:
            session.out(str(path))
    return ExitCode.OK


def _moment(text: str) -> datetime:
    from datetime import datetime

    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise KitbagError(
            where="--start",
            reason=Reason.USAGE,
            given=text,
            allowed="a time with its offset, such as 2026-03-01T12:00:00+00:00 or ...Z",
            next_step="correct it, or leave it out",
        )
    return moment


@kitbag.command(short_help="Draw the stored nights.")
@click.option(
    "--out",
    "path",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    metavar="FILE",
    help="Where the picture is written: .svg, .pdf or .png.",
)
@click.option(
    "--last",
    type=click.IntRange(1, 366),
    default=28,
    show_default=True,
    help="How many nights, counted back from the last one.",
)
@_object
@_zone
@_json
@pass_session
def report(
    session: Session,
    path: Path,
    last: int,
    device: str | None,
    zone_name: str | None,
    as_json: bool,
) -> ExitCode:
    """Draw the nights: a row a night, what was held, how warm, and what is not known."""
    from . import reports, zones

    _, named = zones.chosen(zone_name, session.env.variables)
    with _stored(session) as store:
        reports.night_raster(store, path, zone_name=named, device=device, last=last)
    if as_json:
        session.out_json({"files": [str(path)]})
    else:
        session.out(str(path))
    return ExitCode.OK


# --- shared --------------------------------------------------------------------------------------


def _client(session: Session, port: str | None) -> ObjectClient:
    from .transports import discovery

    env = session.env
    return discovery.connect(
        port, env.now_utc_ms, _keys(session, port), random_bytes=env.random_bytes
    )


def _keys(session: Session, port: str | None) -> Keys:
    """This computer's keys; those to a simulated object lie beside it."""
    from .keys import FILE, KeyFile

    if port is not None and port.startswith("sim:"):
        return KeyFile(Path(port.removeprefix("sim:")) / FILE)
    chosen = session.env.variables.get("KITBAG_KEYS", "file")
    if chosen == "file":
        return KeyFile(session.env.keys_path)
    if chosen == "keyring":
        from .system_keys import SystemKeys

        return SystemKeys()
    raise KitbagError(
        where="KITBAG_KEYS",
        reason=Reason.USAGE,
        given=chosen,
        allowed="file (as without it) or keyring",
        next_step="unset it, or set it to one of these",
    )


def _history(session: Session, device: str | None) -> History:
    from . import history

    with _stored(session) as store:
        return history.load(store, device)


@contextlib.contextmanager
def _stored(session: Session) -> Generator[Store]:
    """The store, which holds something; what it found damaged in itself is said at the end."""
    from .store import Store

    with Store(session.store_path, must_exist=True) as store:
        try:
            yield store
        finally:
            for notice in store.notices:
                session.say(notice)


def _scent(known: History) -> str:
    return str(known.plan["scent.name"]) if known.plan else ""


class Told(Protocol):
    """Called with the share that is done (0 to 1) and a word on what is going on."""

    def __call__(self, share: float, doing: str, /) -> None: ...


@contextlib.contextmanager
def _progress(session: Session, verbose: bool) -> Generator[Told | None]:
    """A bar on a terminal; elsewhere nothing, or with `verbose` a line for each twentieth."""
    if verbose or not session.env.is_tty:
        yield _Lines(session) if verbose else None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    with Progress(
        TextColumn("{task.description:<24}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        console=Console(file=session.env.stderr),
        transient=True,
    ) as bar:
        task = bar.add_task("starting", total=1.0)

        def told(share: float, doing: str, /) -> None:
            bar.update(task, completed=share, description=doing)

        def say(text: str) -> None:
            bar.console.print(text, markup=False, highlight=False)

        session.above_bar = say
        try:
            yield told
        finally:
            session.above_bar = None


class _Lines:
    def __init__(self, session: Session) -> None:
        self._session = session
        self._last: tuple[int, str] = (-1, "")

    def __call__(self, share: float, doing: str, /) -> None:
        step = int(share * 20)
        if step != self._last[0] or (share >= 1 and doing != self._last[1]):
            self._last = step, doing
            self._session.say(f"{share:5.0%}  {doing}")


# --- the one place where everything that goes wrong ends -----------------------------------------


def main(argv: Sequence[str] | None = None, env: Environment | None = None) -> int:
    """Run `kitbag` with `argv` (default: the command line's) and return its exit code."""
    env = env or environment.real()
    given = list(sys.argv[1:] if argv is None else argv)
    with contextlib.redirect_stdout(env.stdout), contextlib.redirect_stderr(env.stderr):
        return _run(given, env)


def _run(given: list[str], env: Environment) -> int:
    error: KitbagError
    try:
        code = kitbag.main(given, prog_name="kitbag", standalone_mode=False, obj=env)
    except click.exceptions.NoArgsIsHelpError as usage:
        print(usage.format_message(), file=env.stderr)
        return ExitCode.USAGE
    except click.UsageError as usage:
        error = _usage(usage, given)
    except click.ClickException as other:
        error = KitbagError(
            where="kitbag",
            reason=Reason.USAGE,
            problem=other.format_message(),
            next_step="see `kitbag --help`",
        )
    except (click.Abort, KeyboardInterrupt):
        print("Interrupted.", file=env.stderr)
        return ExitCode.INTERRUPTED
    except KitbagError as known:
        error = known
        if env.variables.get(DEBUG):
            traceback.print_exc(file=env.stderr)
    except Exception as unknown:  # noqa: BLE001 - the funnel: nobody is shown a traceback
        error = _unexpected(unknown, env)
    else:
        return int(code or 0)
    print(error.told(), file=env.stderr)
    if "--json" in given:
        with contextlib.suppress(KitbagError):  # what is told already counts more
            Session(env, None).out_json(error.as_fields())
    return int(error.exit_code)


def _path_of(given: list[str]) -> str:
    """The verb that was called, where click does not say it."""
    path = "kitbag"
    verb: click.Command = kitbag
    for word in given:
        if not isinstance(verb, click.Group) or word not in verb.commands:
            break
        path, verb = f"{path} {word}", verb.commands[word]
    return path


def _usage(usage: click.UsageError, given: list[str]) -> KitbagError:
    path = usage.ctx.command_path if usage.ctx else _path_of(given)
    near = ""
    message = usage.format_message()
    if isinstance(usage, click.NoSuchOption):
        names = [o for p in (usage.ctx.command.params if usage.ctx else []) for o in p.opts]
        close = get_close_matches(usage.option_name, names, n=1)
        near = f"did you mean {close[0]}?" if close else ""
        message = f"there is no option {usage.option_name}"
    return KitbagError(
        where=path,
        reason=Reason.USAGE,
        problem=message[:1].lower() + message[1:].rstrip("."),
        next_step=near or f"see `{path} --help`",
    )


def _unexpected(unknown: Exception, env: Environment) -> KitbagError:
    if env.variables.get(DEBUG):
        traceback.print_exc(file=env.stderr)
    return KitbagError(
        where="kitbag",
        reason=Reason.UNEXPECTED,
        given=f"{type(unknown).__name__}: {unknown}",
        next_step=f"run it again with {DEBUG}=1 and send what it prints to the people who make it",
    )
