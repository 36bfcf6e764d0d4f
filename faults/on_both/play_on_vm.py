"""The VM's way into play.py: `main(path)` prints what came of the story in that file."""

import json

import play


def main(path):
    with open(path) as file:
        story = json.load(file)
    print(json.dumps(play.play(story)))
