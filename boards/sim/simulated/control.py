"""What this process tells the one that runs it: lines on stderr, `@word {json}`."""

import json
import sys
import time


def say(word, facts):
    sys.stderr.write("@%s %s\n" % (word, json.dumps(facts)))


def wait_for_the_end():
    """Do nothing, in real time, until the runner kills this process."""
    while True:
        time.sleep(1)
        say("waiting", {})  # a runner that is gone breaks the pipe, and so ends this process
