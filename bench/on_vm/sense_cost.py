# Runs on the MicroPython VM: bytes of heap that a sense takes for a sample, which the collector
# has to find again. The samples are there before anything is counted.
import gc
import json

from kitbag.senses.breath import Breath
from kitbag.senses.hug import HELD, HugSense
from sense_peers import Following, Threshold
from sense_samples import COUNTED, Nobody, samples


def taken(sample, play):
    """Bytes a sample of the last `COUNTED` of `play`."""
    settling, counted = play[:-COUNTED], play[-COUNTED:]
    for one in settling:
        sample(*one)
    gc.collect()
    gc.disable()
    before = gc.mem_alloc()
    for one in counted:
        sample(*one)
    after = gc.mem_alloc()
    gc.enable()
    return (after - before) / COUNTED


def of(sense):
    return [taken(sense(Nobody()).sample, samples(what)) for what in ("rest", "held")]


for what, held in (("rest", False), ("held", True)):
    hug = HugSense(Nobody())
    for one in samples(what):
        hug.sample(*one)
    assert (hug.phase == HELD) == held, what

breath = Breath()
print(
    json.dumps(
        {
            "hug": of(HugSense),
            "threshold": of(Threshold),
            "following": of(Following),
            "breath": taken(breath.sample, [one[:2] for one in samples("held")]),
        }
    )
)
