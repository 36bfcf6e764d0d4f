# Runs on the MicroPython VM only: boot.py and main.py as the board gets them, with an app that is
# replaced. What they do is what happens when everything else has failed.
import sys

EVENTS = []


class Pin:
    IN, OUT, PULL_UP = 1, 3, 2
    button = 1

    def __init__(self, number, mode=-1, pull=-1, value=None):
        self.number = number
        if mode == Pin.OUT:
            EVENTS.append(("pin", number, value))

    def value(self):
        return Pin.button


class Machine:
    pass


Machine.Pin = Pin
Machine.reset = lambda: EVENTS.append(("reset",))
sys.modules["machine"] = Machine


class Board:
    OUTPUT_PINS = (12, 13, 14, 11)
    PIN_BUTTON = 7


sys.modules["board"] = Board

OUTPUTS_LOW = {("pin", pin, 0) for pin in Board.OUTPUT_PINS}


class App:
    def __init__(self, raises=None):
        self.raises = raises

    def run(self, board):
        EVENTS.append(("app", board))
        if self.raises is not None:
            raise self.raises


def run(name, app=None):
    """The events of a run of the image's file `name`."""
    EVENTS.clear()
    import kitbag

    sys.modules["kitbag.app"] = kitbag.app = app
    for folder in sys.path:
        try:
            with open(folder + "/" + name) as file:
                source = file.read()
        except OSError:
            continue
        exec(source, {"__name__": "__main__"})  # noqa: S102 - as the port does
        return list(EVENTS)
    raise AssertionError("no " + name)


def test_boot_drives_every_output_low_and_does_nothing_else():
    found = run("boot.py")
    assert set(found) == OUTPUTS_LOW
    assert len(found) == len(OUTPUTS_LOW)


def test_boot_needs_nothing_but_the_pins():
    kept = sys.modules.pop("board")
    try:
        assert set(run("boot.py")) == OUTPUTS_LOW
        assert "board" not in sys.modules
    finally:
        sys.modules["board"] = kept


def test_main_runs_the_app_with_its_board():
    assert ("app", Board) in run("main.py", App())


def test_however_the_app_ends_the_outputs_are_off_and_it_starts_anew():
    for error in (
        None,
        ValueError("x"),
        OSError(5),
        MemoryError(),
        RuntimeError("task ended"),
        KeyboardInterrupt(),
        SystemExit(),
    ):
        found = run("main.py", App(error))
        at = found.index(("app", Board))
        assert set(found[at + 1 : -1]) == OUTPUTS_LOW, error
        assert found[-1] == ("reset",), error


def test_an_app_that_cannot_be_loaded_ends_the_same_way():
    found = run("main.py", None)
    assert set(found) >= OUTPUTS_LOW
    assert found[-1] == ("reset",)


def test_the_button_held_at_reset_is_the_makers_door():
    Pin.button = 0
    try:
        found = run("main.py", App())
    finally:
        Pin.button = 1
    assert ("reset",) not in found
    assert not [event for event in found if event[0] == "app"]
