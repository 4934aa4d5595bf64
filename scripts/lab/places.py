# SPDX-License-Identifier: GPL-2.0
"""Where things are: the repository, and what is built beside its tracked files."""
import os
import shutil

REPO = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.abspath(os.environ.get("BUILD") or os.path.join(REPO, "build"))
LOGS = os.path.join(BUILD, "logs")
GUEST = os.path.join(BUILD, "guest")
TARBALL = "/usr/src/linux-source-6.12.tar.xz"

OURS = os.path.join(BUILD, "linux")
BASE = os.path.join(BUILD, "base")

JOBS = int(os.environ.get("JOBS") or os.cpu_count() or 2)


def repo(*parts):
    return os.path.join(REPO, *parts)


def log(name):
    return os.path.join(LOGS, name + ".log")


def read(path):
    with open(path, errors="replace") as file:
        return file.read()


def write_if_changed(path, data, mode=None):
    """Write data (bytes or text) unless it is there already; true if it was written."""
    if isinstance(data, str):
        data = data.encode()
    try:
        with open(path, "rb") as file:
            if file.read() == data:
                return False
    except OSError:
        pass
    os.makedirs(os.path.dirname(path), exist_ok=True)
    temporary = path + ".new~"
    with open(temporary, "wb") as file:
        file.write(data)
    if mode is not None:
        os.chmod(temporary, mode)
    os.replace(temporary, path)
    return True


def listed(path):
    """The lines of a list file, comments and blank lines apart."""
    lines = (line.split("#")[0].strip() for line in read(path).splitlines())
    return [line for line in lines if line]


def clean():
    shutil.rmtree(BUILD, ignore_errors=True)
