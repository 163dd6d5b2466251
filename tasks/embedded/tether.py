"""Run as a script before a child's own program: ties its life to its parent's.

`tether.py PARENT_PID PROGRAM ARGUMENT…`: on Linux the kernel sends SIGTERM when the
parent dies, even of `kill -9`. A script, because the same from `preexec_fn` may
deadlock in a parent that has threads. Elsewhere it only runs the program.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(parent: int, argv: list[str]) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it died before we asked to be told
        sys.exit(1)
    os.execv(argv[0], argv)  # noqa: S606 - the supervisor's own commands


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
