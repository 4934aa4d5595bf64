# SPDX-License-Identifier: GPL-2.0
"""The base kernel: Debian's source package, unpacked."""
import os
import re
import shutil

from lab import places
from lab.say import Failure, run, step

SERIES = (6, 12)


def version(tree):
    """(6, 12, 117) of a kernel tree, or None if it is not one."""
    try:
        text = places.read(os.path.join(tree, "Makefile"))
    except OSError:
        return None
    parts = [re.search(rf"^{name} = (\d+)$", text, re.M)
             for name in ("VERSION", "PATCHLEVEL", "SUBLEVEL")]
    return tuple(int(part.group(1)) for part in parts) if all(parts) else None


def dotted(numbers):
    return ".".join(map(str, numbers))


def unpack(tree):
    """Unpack the base to tree unless it is there, whole."""
    stamp = os.path.join(tree, ".unpacked")
    if os.path.exists(stamp):
        return
    if not os.path.exists(places.TARBALL):
        raise Failure(f"{places.TARBALL} is not there: apt-get install linux-source-6.12")
    step(f"unpacking {os.path.basename(places.TARBALL)} to {tree}")
    shutil.rmtree(tree, ignore_errors=True)
    os.makedirs(tree)
    run(["tar", "-I", "xz -T0 -d", "-xf", places.TARBALL, "-C", tree, "--strip-components=1"],
        places.log("unpack"), "tar")
    places.write_if_changed(stamp, "")
