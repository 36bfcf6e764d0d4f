"""How the host tool fails: one exception, one printed form, one exit code each.

Every error a person can meet says where it happened, what was given, what is allowed, and one next
step. The command line catches `KitbagError` in one place; everything else raises it.
"""

from __future__ import annotations

from enum import Enum, IntEnum


class ExitCode(IntEnum):
    """What `kitbag` hands back to the shell."""

    OK = 0
    FAILED = 1
    USAGE = 2
    NO_OBJECT = 3
    INCOMPLETE = 4
    REFUSED = 5
    INTERRUPTED = 130


class Reason(Enum):
    """Why something could not be done: (name for programs, exit code, sentence for people)."""

    USAGE = "usage", ExitCode.USAGE, "this cannot be asked for"
    INVALID_FILE = "invalid_file", ExitCode.USAGE, "the file cannot be used as it is"
    INVALID_PLAN = "invalid_plan", ExitCode.USAGE, "the care plan cannot be used as it is"
    INVALID_SCENARIO = "invalid_scenario", ExitCode.USAGE, "the scenario cannot be used as it is"
    NO_OBJECT = "no_object", ExitCode.NO_OBJECT, "no object was found"
    SEVERAL_OBJECTS = "several_objects", ExitCode.NO_OBJECT, "more than one object was found"
    PORT_MISSING = "port_missing", ExitCode.NO_OBJECT, "there is no such port"
    PORT_BUSY = "port_busy", ExitCode.NO_OBJECT, "another program is using the port"
    PORT_DENIED = "port_denied", ExitCode.NO_OBJECT, "this user may not open the port"
    NOT_A_KITBAG = "not_a_kitbag", ExitCode.NO_OBJECT, "what is plugged in is no Kitbag"
    NOT_PAIRED = "not_paired", ExitCode.FAILED, "this computer is not paired with the object"
    NO_ANSWER = "no_answer", ExitCode.FAILED, "the object did not answer"
    BAD_ANSWER = "bad_answer", ExitCode.FAILED, "the object gave an answer that makes no sense"
    REQUEST_REFUSED = "request_refused", ExitCode.FAILED, "the object refused the request"
    LINK_LOST = "link_lost", ExitCode.INCOMPLETE, "the object was unplugged"
    DATA_INCOMPLETE = "data_incomplete", ExitCode.INCOMPLETE, "not everything came down"
    OTHER_OBJECT = "other_object", ExitCode.INCOMPLETE, "another object came back on this port"
    PLAN_DIFFERS = "plan_differs", ExitCode.FAILED, "the object did not keep what was sent"
    REFUSED = "refused", ExitCode.REFUSED, "refused, to keep the holder safe"
    NOT_ADOPTED = "not_adopted", ExitCode.REFUSED, "the object has not been adopted from here"
    NOT_ADMITTED = "not_admitted", ExitCode.REFUSED, "the object takes no further computer now"
    ROLE = "role", ExitCode.REFUSED, "this computer may read the object, not set it"
    IMPOSTOR = (
        "impostor",
        ExitCode.REFUSED,
        "what answers there does not know this object's secret",
    )
    STORE_UNREADABLE = "store_unreadable", ExitCode.FAILED, "the store cannot be opened"
    STORE_READ_ONLY = "store_read_only", ExitCode.FAILED, "the store cannot be written"
    STORE_FULL = "store_full", ExitCode.FAILED, "there is no room left for the store"
    STORE_DAMAGED = "store_damaged", ExitCode.FAILED, "the store is damaged"
    STORE_NEWER = "store_newer", ExitCode.FAILED, "a newer Kitbag made this store"
    STORE_BUSY = "store_busy", ExitCode.FAILED, "another program is using the store"
    NOTHING_STORED = "nothing_stored", ExitCode.FAILED, "there is nothing in the store yet"
    CANNOT_WRITE = "cannot_write", ExitCode.FAILED, "the file cannot be written"
    KEYRING = "keyring", ExitCode.FAILED, "it cannot be opened"
    PART_MISSING = "part_missing", ExitCode.FAILED, "an optional part is not installed"
    SIMULATOR = "simulator", ExitCode.FAILED, "the simulated object stopped"
    UNEXPECTED = "unexpected", ExitCode.FAILED, "something went wrong that nobody foresaw"

    def __init__(self, code: str, exit_code: ExitCode, sentence: str) -> None:
        self.code = code
        self.exit_code = exit_code
        self.sentence = sentence


class KitbagError(Exception):
    """Something that could not be done, in words for the person who asked.

    `reason` is for programs; `where`, `given`, `allowed` and `next_step` are for people and may be
    empty where they would say nothing. `problem` replaces the reason's own sentence where more is
    known. `exit_code` follows from the reason unless it is given.
    """

    def __init__(
        self,
        *,
        where: str,
        reason: Reason,
        next_step: str,
        given: object = "",
        allowed: str = "",
        problem: str = "",
        exit_code: ExitCode | int | None = None,
    ) -> None:
        self.where = where
        self.reason = reason
        self.given = str(given)
        self.allowed = allowed
        self.next_step = next_step
        self.problem = problem or reason.sentence
        self.exit_code = ExitCode(reason.exit_code if exit_code is None else exit_code)
        super().__init__(self.told())

    def told(self) -> str:
        """The one printed form, without a final newline."""
        lines = [f"{self.where}: {self.problem}" if self.where else self.problem]
        # What was given may be anything, and is cut; what is allowed is ours, and is said whole
        for name, value, most in (
            ("given", self.given, 300),
            ("allowed", self.allowed, 3_000),
            ("next", self.next_step, 3_000),
        ):
            if value:
                lines.append(f"  {name:<8} {_one_line(value, most)}")
        return "\n".join(lines)

    def as_fields(self) -> dict[str, str | int]:
        """The same for programs (`--json`)."""
        return {
            "error": self.reason.code,
            "exit_code": int(self.exit_code),
            "where": self.where,
            "problem": self.problem,
            "given": self.given,
            "allowed": self.allowed,
            "next_step": self.next_step,
        }


class LinkLost(KitbagError):
    """The port went away under an open conversation. Whoever can go on later catches this."""

    def __init__(self, where: str, problem: str = "", next_step: str = "") -> None:
        again = next_step or "plug the object in again and repeat the command"
        super().__init__(
            where=where,
            reason=Reason.LINK_LOST,
            problem=problem,
            next_step=f"{again}; nothing was erased on it",
        )


class RequestRefused(KitbagError):
    """The object answered, and the answer was no. `code` is one of `kitbag.wire.requests.E_*`."""

    def __init__(self, where: str, op: str, code: str) -> None:
        self.op = op
        self.code = code
        super().__init__(
            where=where,
            reason=Reason.REQUEST_REFUSED,
            problem=f"the object refused '{op}': {code.replace('_', ' ')}",
            next_step="check with `kitbag status` that object and tool are of the same version",
        )


def _one_line(text: str, most: int) -> str:
    """`text` with nothing in it that could move a terminal's cursor, of at most `most` letters."""
    clean = "".join(c if c.isprintable() else " " for c in text)
    return clean if len(clean) <= most else clean[: most - 3] + "..."
