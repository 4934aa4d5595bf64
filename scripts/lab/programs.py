# SPDX-License-Identifier: GPL-2.0
"""The guest's own programs: static arm64 binaries."""
import glob
import os

from lab import places
from lab.say import run

FOLDER = places.repo("tests", "guest", "programs")


def compiler():
    return "gcc" if os.uname().machine == "aarch64" else "aarch64-linux-gnu-gcc"


def compile_to(target, source, *flags):
    """Compile one source to a static program unless that was done since it changed."""
    if os.path.exists(target) and os.path.getmtime(target) >= os.path.getmtime(source):
        return
    os.makedirs(os.path.dirname(target), exist_ok=True)
    run([compiler(), "-static", "-O2", "-Wall", "-Wextra", "-o", target, source, *flags],
        places.log("programs"), f"compiling {os.path.basename(source)}")


def build():
    """Compile all of tests/guest/programs; name -> path."""
    built = {}
    for source in sorted(glob.glob(os.path.join(FOLDER, "*.c"))):
        name = os.path.splitext(os.path.basename(source))[0]
        built[name] = os.path.join(places.GUEST, "programs", name)
        compile_to(built[name], source)
    return built


def benchmark(tree):
    """The kernel's own dma_map_benchmark, from a tree's selftests."""
    source = os.path.join(tree, "tools/testing/selftests/dma/dma_map_benchmark.c")
    target = os.path.join(places.GUEST, "programs", "dma_map_benchmark")
    # The one header that it shares with the kernel, without the rest of include/.
    header = os.path.join("linux", "map_benchmark.h")
    include = os.path.join(places.GUEST, "include")
    places.write_if_changed(os.path.join(include, header), places.read(os.path.join(tree, "include", header)))
    compile_to(target, source, "-w", "-I" + include)
    return target
