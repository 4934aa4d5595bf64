# SPDX-License-Identifier: GPL-2.0
"""What a run tells its user: steps with the time, checks, and failures with their log."""
import os
import re
import subprocess
import sys
import time

START = time.monotonic()
COLOUR = sys.stdout.isatty() and "NO_COLOR" not in os.environ
TAIL = 30
ERROR = re.compile(r"(?i)\berror: |undefined reference|undefined!|BUG: ")


class Failure(Exception):
    """Ends a command with a message; log is the file that explains it."""

    def __init__(self, message, log=None):
        super().__init__(message)
        self.log = log


def paint(text, code):
    return f"\033[{code}m{text}\033[0m" if COLOUR else text


def step(text):
    clock = time.strftime("%H:%M:%S")
    print(f"[{clock} +{time.monotonic() - START:4.0f} s] {text}", flush=True)


def note(text):
    print(f"    {text}", flush=True)


def log_tail(path, lines=TAIL):
    """What a log says of errors, and its end, with its name, as a failing step prints it."""
    try:
        with open(path, errors="replace") as log:
            text = log.read().splitlines()
        errors = [line for line in text[:-lines] if ERROR.search(line)][:10]
        if errors:
            print(f"---- errors in {path}", flush=True)
        for line in errors:
            print(f"  | {line}")
        print(f"---- the last lines of {path}", flush=True)
        for line in text[-lines:]:
            print(f"  | {line}")
    except OSError as error:
        print(f"  | {error}")
    print(f"---- the whole log: {path}", flush=True)


class Results:
    """Checks of one run: printed as they come, counted for the last line."""

    def __init__(self):
        self.passed = 0
        self.failed = 0

    def check(self, ok, name, detail=""):
        if ok:
            self.passed += 1
            word = paint("PASS", 32)
        else:
            self.failed += 1
            word = paint("FAIL", 31)
        # In one piece, as several boots may print at the same time.
        print(f"{word} {name}: {detail}\n" if detail else f"{word} {name}\n", end="", flush=True)
        return ok

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed

    def line(self):
        return f"{self.passed} passed, {self.failed} failed"


def run(command, log, what, cwd=None, env=None, beat=30):
    """Run a command with its output in a log; say every beat seconds that it goes on."""
    os.makedirs(os.path.dirname(log), exist_ok=True)
    with open(log, "w") as out:
        out.write("$ " + " ".join(str(word) for word in command) + "\n")
        out.flush()
        begin = time.monotonic()
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT,
                                   stdin=subprocess.DEVNULL, cwd=cwd, env=env)
        while True:
            try:
                status = process.wait(timeout=beat)
                break
            except subprocess.TimeoutExpired:
                with open(log, errors="replace") as so_far:
                    count = sum(1 for _ in so_far)
                note(f"{what}: {time.monotonic() - begin:.0f} s, {count} lines of output")
            except BaseException:
                process.terminate()
                raise
    if status:
        raise Failure(f"{what} failed (status {status})", log)
