# SPDX-License-Identifier: GPL-2.0
"""Instructions per call, ours beside the base's own subsystem, in one run.

QEMU counts instructions as time (-icount shift=4: 16 ns each), so the figures do
not depend on the host and repeat from run to run.
"""
import json
import os
import re

from lab import boot, machine, packages, places, programs
from lab.say import Failure, Results, note, step

DEVICE = "0000:00:05.0"
US_PER_INSTRUCTION = 0.016
SIZES = {1: "4K", 16: "64K", 64: "256K", 512: "2M"}
MODES = {"strict": "iommu.strict=1", "lazy": "iommu.strict=0"}
IOMMUS = {"": boot.SMMUV3, "virtio ": boot.iommus.IOMMUS["virtio"]}  # by how the names of their figures begin
TARGETS = places.repo("tests", "bench", "targets.json")


class Console:
    """Collects figures: name -> instructions."""
    MAP = re.compile(r"lab: bench-map (\d+) .*average map latency\(us\):([\d.]+).*"
                     r"average unmap latency\(us\):([\d.]+)")
    KICKS = re.compile(r"lab: bench-kicks (\d+) (\d+) (\d+)")
    PART = re.compile(r"part_bench: (\S+-(?:map|unmap|alloc|worst|median|p99)) (\d+)")
    END = re.compile(r"part_bench: (\w+) end (-?\d+)")

    def __init__(self, mode):
        self.mode = mode
        self.figures = {}
        self.kicks = {}
        self.errors = []
        self.ended = False

    def line(self, text):
        found = self.MAP.search(text)
        if found:
            size = SIZES[int(found.group(1))]
            for call, latency in (("map", found.group(2)), ("unmap", found.group(3))):
                self.figures[f"{self.mode} {size} {call}"] = round(float(latency) / US_PER_INSTRUCTION)
        found = self.KICKS.search(text)
        if found and int(found.group(3)):
            name = f"{self.mode} {SIZES[int(found.group(1))]} kicks per request"
            self.kicks[name] = int(found.group(2)) / int(found.group(3))
        found = self.PART.search(text)
        if found:
            self.figures[found.group(1)] = int(found.group(2))
        found = self.END.search(text)
        if found and int(found.group(2)):
            self.errors.append(f"part_bench {found.group(1)}: error {found.group(2)}")
        self.ended |= "lab: end bench" in text


def measure(built, initrd, prefix, mode):
    iommu = IOMMUS[prefix]
    log = places.log(f"bench-{built.label}-{iommu.name}-{mode}")
    parts = " labparts=1" if mode == "strict" and not prefix else ""
    console = Console(prefix + mode)
    box = machine.Machine(
        built.image, initrd, f"lab=bench labbench={DEVICE}{parts} {MODES[mode]}", iommu,
        cpus=1, extra=["-icount", "shift=4,sleep=off"],
        devices=["-nic", "none", "-device", "edu,addr=5"])
    box.run(log, console.line, limit=900)
    wanted = [f"{prefix}{mode} {size} {call}" for size in SIZES.values() for call in ("map", "unmap")]
    lost = [name for name in wanted if name not in console.figures]
    if console.errors or lost or not console.ended:
        raise Failure(f"bench of {built.label}, {prefix}{mode}: no figure for {', '.join(lost + console.errors)}", log)
    return console


def figures(is_base):
    """Instructions by name, and what the driver counted of its kicks."""
    built = boot.kernel(is_base)
    built.build()
    built.install_modules()
    initrd = boot.pack(built, {"dma_map_benchmark": programs.benchmark(built.tree)})
    result, kicks = {}, {}
    for prefix in IOMMUS:
        for mode in MODES:
            step(f"bench {'of the base' if is_base else 'of ours'}: {prefix}{mode}")
            console = measure(built, initrd, prefix, mode)
            result.update(console.figures)
            kicks.update(console.kicks)
    return result, kicks


def table(base_figures, our_figures, targets):
    results = Results()
    print(f"{'instructions':32} {'mainline':>10} {'base now':>10} {'ours':>10} {'target':>10}")
    for name in list(base_figures) + [name for name in our_figures if name not in base_figures]:
        was, target = targets.get(name, [None, None])
        theirs = base_figures.get(name)
        mine = our_figures.get(name)
        row = [was, theirs, mine, target]
        mark = ""
        if our_figures and theirs is not None:
            slower = mine is None or mine > theirs
            mark = "  slower than the base" if slower else ""
            if mine is not None and target and mine > target:
                mark = mark or "  above the target"
            results.passed += not slower
            results.failed += slower
        print(f"{name:32} " + " ".join(f"{'-' if cell is None else cell:>10}" for cell in row) + mark)
    return results


def limits(our_figures, results):
    worst = our_figures.get("iova-holes-1000000-worst")
    results.check(worst is not None and worst <= 10000, "allocator's worst case at 10^6 live ranges",
                  f"{worst} instructions, at most 10000")


def bench(is_base=False):
    """make bench: both subsystems, one table; fails where ours is slower than the base."""
    packages.need("boot")
    with open(TARGETS, encoding="ascii") as file:
        targets = json.load(file)
    base_figures, _ = figures(True)
    our_figures, kicks = ({}, {}) if is_base else figures(False)
    results = table(base_figures, our_figures, targets)
    if our_figures:
        limits(our_figures, results)
    for name, count in kicks.items():
        print(f"{name:32} {count:.3f}")
    save = os.path.join(places.BUILD, "bench.json")
    places.write_if_changed(save, json.dumps({"base": base_figures, "ours": our_figures, "kicks": kicks}, indent=1))
    note(f"figures: {save}")
    return results
