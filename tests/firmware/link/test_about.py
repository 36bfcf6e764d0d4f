# Runs on CPython and on the MicroPython VM
from kitbag.journal import Journal
from kitbag.link import about
from kitbag.link.about import About
from kitbag.wire import records
from support.fakes import Clock, Memory
from support.nor import Nor


class Machine:
    def unique_id():
        return b"object"


about.machine = Machine


class App:
    """As much of the app as `hello` asks for; `memory` outlives it."""

    care = feel = None

    def __init__(self, memory, nor):
        self.memory = memory
        self.clock = Clock(500_000)
        self.journal = Journal(nor, 1, self.clock)
        self.log = self

    def tally(self):
        pass


def test_the_mark_of_what_was_brought_home_outlives_a_restart():
    memory, nor = Memory(), Nor(4)
    app = App(memory, nor)
    app.journal.write(records.DROPPED, 1)  # or its epoch would not outlive it either
    assert About(app).hello()["acked"] == 0
    About(app).acknowledge(0xFFFFFFFF)
    again = About(App(memory, nor)).hello()
    assert (again["acked"], again["epoch"]) == (0xFFFFFFFF, app.journal.epoch)


def test_a_log_that_began_anew_was_never_brought_home():
    memory = Memory()
    old = App(memory, Nor(4))
    About(old).acknowledge(5_000)
    new = App(memory, Nor(4))
    assert new.journal.epoch != old.journal.epoch
    assert About(new).hello()["acked"] == 0
    About(new).acknowledge(7)
    assert About(new).hello()["acked"] == 7
