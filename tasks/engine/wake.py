"""What a step asks to be woken once its transaction is committed."""

from enum import Flag, auto


class Wake(Flag):
    NOTHING = 0
    DISPATCH = auto()
    GENERATE = auto()
    POLL = auto()
    DOWNLOAD = auto()
    PICTURES = auto()
