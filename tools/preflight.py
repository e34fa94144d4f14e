"""Checks, before anything is changed, that credmatch can be installed and started here.

    python3 tools/preflight.py [setup|run]

Prints what was found and what is needed, a line each; ends with 0, or with 1 where something is missing.
Written for every Python from 2.7 on, so that an old one can say that it is too old.
"""

from __future__ import print_function

import os
import platform
import socket
import sys

NEEDED_PYTHON = (3, 11)

# What a complete environment takes. On Linux the registry's PyTorch brings CUDA's libraries with it.
ENVIRONMENT_GB = 7.0 if sys.platform.startswith("linux") else 2.0
DATA_GB = 0.5

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def python_problem():
    """What is wrong with this Python, or nothing."""
    if sys.version_info[:2] < NEEDED_PYTHON:
        return "Python %d.%d is needed: install it, or name one with PYTHON=..." % NEEDED_PYTHON
    try:
        import ensurepip  # noqa: F401, PLC0415
        import venv  # noqa: F401, PLC0415
    except ImportError:
        return (
            "its venv module is missing: on Debian and Ubuntu install python%d.%d-venv" % sys.version_info[:2]
        )
    return ""


def free_gigabytes(folder):
    """Free space of the file system that `folder` lies on or would lie on, in gigabytes."""
    while not os.path.isdir(folder):
        folder = os.path.dirname(folder)
    state = os.statvfs(folder)
    return state.f_bavail * state.f_frsize / 1e9


def data_folder():
    """Where the database will lie."""
    return os.path.join(ROOT, os.environ.get("CREDMATCH_DATA_DIR", "var"))


def needed_gigabytes():
    """Free space needed where the environment lies: little once that is complete."""
    complete = os.path.exists(os.path.join(ROOT, ".venv", "complete"))
    return DATA_GB if complete else ENVIRONMENT_GB


def port_problem(host, port):
    """Why the server could not bind its address, or nothing. A port just left by a server is free."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    probe = socket.socket(family, socket.SOCK_STREAM)
    try:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))
        probe.listen(1)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        return "%s: choose another with CREDMATCH_PORT=8081 make run" % reason
    finally:
        probe.close()
    return ""


def report(name, found, problem):
    """Print one finding; true where it is as needed."""
    print("  %-8s %s%s" % (name, found, "  <-- " + problem if problem else ""), file=sys.stderr)
    return not problem


def check_disk(name, folder, needed):
    """Report the free space of `folder`'s file system; true where there is enough."""
    free = free_gigabytes(folder)
    found = "%.1f GB free, %.1f GB needed (%s)" % (free, needed, name)
    return report("disk", found, "make room" if free < needed else "")


def check_port():
    """Report whether the server's address is free; true where it is."""
    host = os.environ.get("CREDMATCH_HOST") or "127.0.0.1"
    text = os.environ.get("CREDMATCH_PORT") or "8080"
    if not text.isdigit():
        return report("port", text, "CREDMATCH_PORT must be a number")
    problem = port_problem(host, int(text))
    return report("port", "%s on %s%s" % (text, host, "" if problem else " is free"), problem)


def main(arguments):
    """Run the checks for `setup` or `run`; the exit code."""
    print("credmatch needs Python %d.%d or newer and make. Found:" % NEEDED_PYTHON, file=sys.stderr)
    passed = [report("Python", "%s (%s)" % (platform.python_version(), sys.executable), python_problem())]
    passed.append(check_disk("environment", ROOT, needed_gigabytes()))
    if "run" in arguments:
        passed.append(check_disk("data", data_folder(), DATA_GB))
        passed.append(check_port())
    if not all(passed):
        print("Nothing was changed. Mend what is marked above and start again.", file=sys.stderr)
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
