# SPDX-License-Identifier: GPL-2.0
"""The guest's own programs: static arm64 binaries."""
import glob
import os

from lab import places
from lab.say import run

WARNINGS = ["-O2", "-Wall", "-Wextra"]
FOLDER = places.repo("tests", "guest", "programs")


def compiler():
    return "gcc" if os.uname().machine == "aarch64" else "aarch64-linux-gnu-gcc"


def newer(target, sources):
    """Was target made after all of its sources?"""
    return os.path.exists(target) and all(os.path.getmtime(target) >= os.path.getmtime(path) for path in sources)


def compile_to(target, sources, *flags, needs=()):
    """Compile sources to one static program unless that was done since they, or what they need, changed."""
    if newer(target, [*sources, *needs]):
        return
    os.makedirs(os.path.dirname(target), exist_ok=True)
    run([compiler(), "-static", *WARNINGS, *flags, "-o", target, *sources],
        places.log("programs"), f"compiling {os.path.basename(target)}")


def headers(built):
    """What the built kernel offers to user space: the folder to include from."""
    run(built.make("headers"), places.log(f"headers-{built.label}"), "the kernel's headers for user space")
    return os.path.join(built.out, "usr/include")


def build(built):
    """Compile all of tests/guest/programs, a file or a folder each; name -> path."""
    include = headers(built)
    made = {}
    for path in sorted(glob.glob(os.path.join(FOLDER, "*"))):
        name = os.path.splitext(os.path.basename(path))[0]
        sources = sorted(glob.glob(os.path.join(path, "*.c"))) or [path]
        made[name] = os.path.join(places.GUEST, "programs", name)
        compile_to(made[name], sources, "-isystem", include, needs=glob.glob(os.path.join(path, "*.h")))
    return made


def benchmark(tree):
    """The kernel's own dma_map_benchmark, from a tree's selftests."""
    source = os.path.join(tree, "tools/testing/selftests/dma/dma_map_benchmark.c")
    target = os.path.join(places.GUEST, "programs", "dma_map_benchmark")
    # The one header that it shares with the kernel, without the rest of include/.
    header = os.path.join("linux", "map_benchmark.h")
    include = os.path.join(places.GUEST, "include")
    places.write_if_changed(os.path.join(include, header), places.read(os.path.join(tree, "include", header)))
    compile_to(target, [source], "-w", "-I" + include)
    return target
