"""The collector leaves alone what a server keeps."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import gc
from oneseat.web import garbage
class Node: pass
kept = [Node() for _ in range(10_000)]
garbage.settle()
print(gc.get_freeze_count() > 10_000, gc.get_count()[0] < 5_000 <= gc.get_threshold()[0])
node = Node(); node.itself = node
del node
print(gc.collect() > 0)
"""


def test_what_was_set_up_is_not_walked_again_and_cycles_are_still_freed() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["True"] * 3
