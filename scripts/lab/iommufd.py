# SPDX-License-Identifier: GPL-2.0
"""The base's own selftests of iommufd in QEMU: the same passes on our core as on the base's.

What passes on the base's core is recorded in tests/iommufd/passes, a case a line;
"make iommufd BASE=1" runs the base and writes that file anew.
"""
import os
import re

from lab import boot, machine, packages, places, programs
from lab.kernel import Kernel
from lab.ktap import TROUBLE
from lab.say import Failure, Results, log_tail, note, step

PROGRAMS = ["iommufd", "iommufd_fail_nth"]
PASSES = places.repo("tests", "iommufd", "passes")
LIMIT = 900

# Names that the programs of 6.12 use and its headers do not have: values with which the kernel of 6.12 sees what it knows.
NAMES = ["IOMMU_HW_INFO_TYPE_DEFAULT=0", "IOMMU_HW_INFO_FLAG_INPUT_TYPE=0", "MOCK_FLAGS_DEVICE_PASID=0",
         "MOCK_PASID_WIDTH=20", "in_data_type=out_data_type"]


class Console:
    """Collects the results of the programs: "program case" -> passed, skipped or failed."""
    LINE = re.compile(r"lab: tap (\w+) (ok|not ok) \d+ (?:- )?(\S+)(.*)")
    WHY = re.compile(r"lab: tap \w+ # (\S+\.c:\d+:\S+:.*)")

    def __init__(self):
        self.results = {}
        self.why = []
        self.trouble = []
        self.ended = False

    def line(self, text):
        found = self.LINE.search(text)
        if found:
            program, word, case, rest = found.groups()
            state = "skipped" if "SKIP" in rest else "passed" if word == "ok" else "failed"
            self.results[f"{program} {case}"] = state
            return
        found = self.WHY.search(text)
        if found:
            self.why.append(found.group(1))
        elif TROUBLE.search(text):
            self.trouble.append(text.strip())
        self.ended |= "lab: end iommufd" in text

    def passed(self):
        return sorted(name for name, state in self.results.items() if state == "passed")


def compile_programs(built):
    """The selftests as static programs; name -> path."""
    include = programs.headers(built)
    folder = os.path.join(built.tree, "tools/testing/selftests/iommu")
    flags = ["-w", "-D_GNU_SOURCE=", "-isystem", include] + ["-D" + name for name in NAMES]
    made = {}
    for name in PROGRAMS:
        made[name] = os.path.join(places.GUEST, "selftests-" + built.label, name)
        programs.compile_to(made[name], [os.path.join(folder, name + ".c")], *flags)
    return made


def run(is_base):
    """Build and run on one core; what the console showed."""
    packages.need("boot")
    built = Kernel(boot.tree(is_base), "iommufd", ["iommufd.config"], ours=not is_base, with_suites=False)
    built.build()
    initrd = boot.pack(built, compile_programs(built))
    log = places.log("iommufd" + ("-base" if is_base else ""))
    step(f"selftests/iommu on {'the base' if is_base else 'our core'}")
    console = Console()
    box = machine.Machine(built.image, initrd, "lab=iommufd hugepages=64", boot.SMMUV3, cpus=2)
    try:
        box.run(log, console.line, limit=LIMIT)
    except Failure as failure:
        console.trouble.append(str(failure))
    if not console.ended:
        console.trouble.append("the scenario did not come to its end")
    states = list(console.results.values())
    note(f"{len(states)} cases: {states.count('passed')} passed, {states.count('failed')} failed, "
         f"{states.count('skipped')} skipped")
    return console, log


def record():
    """The base's passes, written down."""
    console, log = run(True)
    results = Results()
    results.check(console.ended and bool(console.passed()), "iommufd/base", f"{len(console.passed())} cases pass")
    for name, state in sorted(console.results.items()):
        if state == "failed":
            note(f"does not pass on the base either: {name}")
    for line in console.trouble:
        note(line)
    if results.failed:
        log_tail(log)
        return results
    places.write_if_changed(PASSES, "# Cases of the base's selftests/iommu that pass on the base's core, "
                            "as make iommufd BASE=1 saw them\n" + "\n".join(console.passed()) + "\n")
    note(f"recorded in {os.path.relpath(PASSES, places.REPO)}")
    return results


def compare():
    """Ours beside the record: every case that passes on the base is a check."""
    console, log = run(False)
    results = Results()
    for name in places.listed(PASSES):
        state = console.results.get(name, "was not run")
        results.check(state == "passed", "iommufd/" + name.replace(" ", "/"), state)
    for line in console.why[:20]:
        note(line)
    trouble = list(dict.fromkeys(console.trouble))
    results.check(not trouble, "iommufd/log", trouble[0] if trouble else "no report of lockdep, no oops, no stall")
    if results.failed:
        log_tail(log)
    return results


def iommufd(is_base=False):
    """make iommufd"""
    return record() if is_base else compare()
