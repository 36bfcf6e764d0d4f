"""asyncio's `_asyncio` (queue and task) on virtual time.

The one built into the VM reads the real clock when a task is queued without a time and when one is
cancelled. This one follows extmod/asyncio/task.py of MicroPython, with a sorted list that is first
in, first out among equal times.
"""

import sys

from .clock import PERIOD, Module

_HALF = PERIOD >> 1
_MASK = PERIOD - 1


def install(clock):
    """Put virtual time, select and task queue where every later import finds them."""
    sys.modules["time"] = sys.modules["utime"] = clock.time
    sys.modules["select"] = clock.select
    sys.modules["_asyncio"] = module(clock.time)


def module(time):
    """A stand-in for `_asyncio` whose times are those of `time`."""
    ticks_ms = time.ticks_ms

    class TaskQueue:
        def __init__(self):
            self._tasks = []  # the next one last

        def peek(self):
            tasks = self._tasks
            return tasks[-1] if tasks else None

        def push(self, task, key=None):
            if key is None:
                key = ticks_ms()
            task.data = None
            task.ph_key = key
            tasks = self._tasks
            i = len(tasks)
            # Those that go first: due earlier, or at the same time but queued earlier
            while i and (key - tasks[i - 1].ph_key & _MASK) < _HALF:
                i -= 1
            tasks.insert(i, task)

        def pop(self):
            return self._tasks.pop()

        def remove(self, task):
            self._tasks.remove(task)

    class Task:
        def __init__(self, coro, globals=None):
            self.coro = coro
            self.data = None  # what it waits on; the result once done
            self.state = True  # True: nobody waits; a queue: who waits; None or False: done
            self.ph_key = 0

        def __iter__(self):
            if not self.state:
                self.state = False  # somebody has asked for the result
            elif self.state is True:
                self.state = TaskQueue()
            elif type(self.state) is not TaskQueue:
                raise RuntimeError("can't wait")
            return self

        def __next__(self):
            if not self.state:
                raise self.data
            core = sys.modules["asyncio.core"]
            self.state.push(core.cur_task)
            core.cur_task.data = self

        def done(self):
            return not self.state

        def cancel(self):
            core = sys.modules["asyncio.core"]
            task = self
            if not task.state:
                return False
            if task is core.cur_task:
                raise RuntimeError("can't cancel self")
            while isinstance(task.data, Task):
                task = task.data
            if hasattr(task.data, "remove"):
                task.data.remove(task)
                core._task_queue.push(task)
            elif core.ticks_diff(task.ph_key, core.ticks()) > 0:
                core._task_queue.remove(task)
                core._task_queue.push(task)
            task.data = core.CancelledError
            return True

    found = Module()
    found.TaskQueue = TaskQueue
    found.Task = Task
    return found
