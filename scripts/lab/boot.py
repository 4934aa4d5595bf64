# SPDX-License-Identifier: GPL-2.0
"""Boot the scenarios and print every check of the guest."""
import concurrent.futures
import contextlib
import fnmatch
import functools
import glob
import hashlib
import http.server
import os
import re
import shutil
import sys
import threading

from lab import acpi, base, firmware, hotplug, initramfs, machine, overlay, packages, places, programs
from lab.kernel import Kernel
from lab.say import Failure, Results, log_tail, note, step

sys.path.insert(0, places.repo("tests"))
from boot import churn, iommus, matrix, scenarios  # noqa: E402  (tests/ is beside scripts/)

SMMUV3 = iommus.IOMMUS["smmuv3"]
EVERY = scenarios.EVERY + matrix.CELLS + churn.SHORT
LONG = churn.WATCHED + matrix.LONG
SMALL_NEEDS = ("nvme-core", "nvme", "virtio*", "arm_smmu_v3", "virtio-iommu", "edu_dma", "late_clock")  # modules
BLOB_BYTES = 4 << 20
OFF_SECONDS = 20  # a device that is shut down after the IOMMU waits for its own answers, a minute or more


def tree(is_base):
    """The kernel tree to build in, laid over unless the base itself is wanted."""
    if is_base:
        base.unpack(places.BASE)
        return places.BASE
    base.unpack(places.OURS)
    count = overlay.Overlay(places.OURS).lay()
    step(f"our tree over the base: {count} files changed")
    return places.OURS


def kernel(is_base):
    return Kernel(tree(is_base), "arm64", ["arm64.config"], ours=not is_base)


def kernel_of(name, is_base):
    """The kernel that a scenario asks for: what tests/boot/scenarios.py knows it as."""
    fragment = {"builtin": "builtin.config", "leaks": "leaks.config"}.get(name)
    if not fragment or is_base:
        return kernel(is_base)
    return Kernel(tree(False), name, ["arm64.config", fragment], with_suites=False)


@functools.cache
def ready(name, is_base):
    """The same, built, with its modules installed; once in a run."""
    built = kernel_of(name, is_base)
    built.build()
    built.install_modules()
    return built


def pack(built, more=None):
    """The initramfs of a kernel: busybox, its modules, the guest's scripts and programs (more: name -> path)."""
    archive = initramfs.Archive()
    archive.add("init", places.repo("tests/guest/init"))
    archive.add("bin/busybox", os.path.join(packages.guest_root(), "bin/busybox"))
    archive.add_tree("lib", os.path.join(built.root, "lib"))
    for script in glob.glob(places.repo("tests/guest/scripts/*.sh")):
        archive.add("lab/" + os.path.basename(script), script)
    for name, path in {**programs.build(built), **(more or {})}.items():
        archive.add("bin/" + name, path)
    target = os.path.join(places.BUILD, f"initramfs-{built.label}.gz")
    archive.write(target)
    return target


def pack_small(built):
    """What a small machine needs of it; not compressed, as to unpack takes the guest longer than to copy."""
    archive = initramfs.Archive()
    archive.add("init", places.repo("tests/guest/init"))
    archive.add("bin/busybox", os.path.join(packages.guest_root(), "bin/busybox"))
    modules = os.path.join("lib/modules", built.release())
    for path in glob.iglob(os.path.join(built.root, modules, "**"), recursive=True):
        name = os.path.basename(path)
        if name.startswith("modules.") or any(fnmatch.fnmatch(name, need + ".ko") for need in SMALL_NEEDS):
            archive.add(os.path.relpath(path, built.root), path)
    for script in ("lib", "masters", "matrix"):
        archive.add(f"lab/{script}.sh", places.repo(f"tests/guest/scripts/{script}.sh"))
    target = os.path.join(places.BUILD, f"initramfs-{built.label}-small")
    archive.write(target, level=0)
    return target


def pack_again(built, initrd):
    """The same with the kernel and its initramfs inside, for a guest that starts them itself."""
    archive = initramfs.Archive()
    archive.add("again/Image", built.image)
    archive.add("again/initrd", initrd)
    inside = initrd + ".again"
    archive.write(inside)
    # The kernel unpacks one archive after the other.
    target = os.path.join(places.BUILD, f"initramfs-{built.label}-again.gz")
    with open(target, "wb") as out:
        for part in (initrd, inside):
            with open(part, "rb") as file:
                shutil.copyfileobj(file, out)
    os.remove(inside)
    return target


class Blob(http.server.BaseHTTPRequestHandler):
    """One file of fixed, arbitrary content."""
    data = hashlib.shake_256(b"blob").digest(BLOB_BYTES)

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.data)))
        self.end_headers()
        with contextlib.suppress(ConnectionError):
            self.wfile.write(self.data)

    def log_message(self, *args):
        pass


@contextlib.contextmanager
def web():
    """Serve the blob on the host's loopback; yields the guest's parameters for it."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Blob)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"labport={server.server_port} labsum={hashlib.sha256(Blob.data).hexdigest()}"
    finally:
        server.shutdown()


class Console:
    """Picks the checks of a scenario out of the guest's console."""
    CLOCK = re.compile(r"\[ *([0-9.]+)\] (lab: end .*|reboot: Power down)$")
    LINE = re.compile(r"lab: (PASS|FAIL) ([^:]+(?::[0-9a-f:.]+)?): (.*)")

    def __init__(self, name, script, results):
        self.name = name
        self.script = script
        self.results = results
        self.seen = set()
        self.ended = None  # when, in the guest's seconds
        self.off = None
        self.lines = []

    def line(self, text):
        self.lines.append(text)
        found = self.LINE.search(text)
        if found:
            self.seen.add(found.group(2))
            self.results.check(found.group(1) == "PASS", f"{self.name}/{found.group(2)}", found.group(3))
            return
        found = self.CLOCK.search(text)
        if found and found.group(2) == f"lab: end {self.script}":
            self.ended = float(found.group(1))
        elif found and found.group(2) == "reboot: Power down":
            self.off = float(found.group(1))

    def judge_order(self, name, patterns):
        """Lines that match the patterns came, one after the other."""
        rest = iter(self.lines)
        lost = next((wanted for wanted in patterns if not any(re.search(wanted, text) for text in rest)), None)
        self.results.check(lost is None, f"{self.name}/order-{name}", "not there, or too early: " + lost if lost else " < ".join(patterns))

    def judge_never(self, patterns):
        found = [text for text in self.lines if any(re.search(pattern, text) for pattern in patterns)]
        self.results.check(not found, f"{self.name}/never", found[0] if found else "none of " + ", ".join(patterns))

    def judge_end(self):
        """The scenario came to its end, and then the machine to its own."""
        if self.ended is None:
            self.results.check(False, f"{self.name}/end", "the scenario did not come to its end")
        elif self.off is None:
            self.results.check(False, f"{self.name}/off", "the machine did not switch itself off")
        else:
            took = self.off - self.ended
            self.results.check(took < OFF_SECONDS, f"{self.name}/off", f"the machine was off {took:.1f} s later")


def scenario(plan, built, initrd, is_base):
    """Boot one scenario; checks that did not come are failures."""
    step(f"boot {plan.name}: {plan.what}")
    results = Results()
    console = Console(plan.name, plan.script, results)
    log = places.log(f"boot-{plan.name}" + ("-base" if is_base else ""))
    with web() as web_words:
        append = f"lab={plan.script} labtype={plan.type} {plan.append} {web_words}"
        if is_base:
            append += " labbase=1"
        if plan.tables:
            initrd = acpi.ahead_of(initrd, plan.tables)
        devices = machine.few if plan.small else machine.masters
        kind = machine.SMALL if plan.small else machine.TURNS if plan.hot else {}
        box = machine.Machine(built.image, initrd, append, iommus.BOARDS[plan.iommu],
                              devices(plan.name, plan.edu_mask) + plan.devices
                              + (machine.far(plan.name) if plan.far else []), **kind)
        monitor = hotplug.Monitor(plan.name) if plan.hot else None
        try:
            if plan.firmware:
                box.command += firmware.changed(box.command, plan.firmware, plan.name)
            box.run(log, console.line, plan.limit, monitor)
        except Failure as failure:
            results.check(False, f"{plan.name}/machine", str(failure))
    for trouble in monitor.failed if monitor else ():
        results.check(False, f"{plan.name}/monitor", trouble)
    for name in plan.checks:
        if name not in console.seen and not (is_base and name in scenarios.OURS):
            results.check(False, f"{plan.name}/{name}", "was not run")
    for name, patterns in plan.order.items():
        console.judge_order(name, patterns)
    if plan.never:
        console.judge_never(plan.never)
    console.judge_end()
    if results.failed:
        log_tail(log)
    return results


def known_iommu(name):
    if name not in iommus.IOMMUS:
        raise Failure(f"IOMMU={name} is not one of {', '.join(iommus.IOMMUS)}")
    return name


def picked(names, iommu):
    """The scenarios that have one of the names, with wildcards, or such a script with that IOMMU."""
    def named(plan):
        return any(fnmatch.fnmatchcase(plan.name, name) for name in names)

    plans = [plan for plan in EVERY if named(plan) or (plan.iommu == iommu and plan.script in names)]
    plans += [plan for plan in LONG if named(plan)]
    lost = [name for name in names if not any(name == plan.script or fnmatch.fnmatchcase(plan.name, name) for plan in plans)]
    if lost:
        raise Failure(f"no scenario is called {' or '.join(sorted(lost))} with IOMMU={iommu}")
    return plans


def boot_with(built, plans, is_base):
    """The scenarios that run on that kernel."""
    initrd = pack(built)
    inside = pack_again(built, initrd) if any(plan.again for plan in plans) else None
    results = Results()
    for plan in plans:
        results.add(scenario(plan, built, inside if plan.again else initrd, is_base))
    return results


def boot(is_base=False, names=(), iommu="smmuv3", plans=None):
    """make boot: build, then the scenarios with that IOMMU; names picks among all that there are."""
    if not plans:
        plans = picked(names, known_iommu(iommu)) if names else scenarios.all_behind(known_iommu(iommu))
    packages.need("boot")
    results = Results()
    for name in ("module", "leaks"):
        mine = [plan for plan in plans if plan.kernel == name and not plan.small]
        if mine:
            results.add(boot_with(ready(name, is_base), mine, is_base))
    few = [plan for plan in plans if plan.small]
    if few:
        results.add(boot_small(few, is_base))
    note(f"consoles: {places.LOGS}/boot-*.log")
    return results


def boot_small(plans, is_base):
    """Small machines, one more at a time than there are processors, as they sleep much; each with the kernel that it asks for."""
    boots = {}
    for name in sorted({plan.kernel for plan in plans}):
        boots[name] = ready(name, is_base), pack_small(ready(name, is_base))
    results = Results()
    with concurrent.futures.ThreadPoolExecutor(places.JOBS + 1) as pool:
        for done in pool.map(lambda plan: scenario(plan, *boots[plan.kernel], False), plans):
            results.add(done)
    return results


def boot_all():
    """What make check boots: these scenarios with each IOMMU, odd firmware, devices that user space owns."""
    return boot(plans=EVERY)


def boot_long():
    """What make check-long boots: what takes longer than its share of make check."""
    return boot(plans=LONG)


def shell(is_base=False, iommu="smmuv3"):
    """make shell: the same machine with a shell on the console."""
    kind = iommus.IOMMUS[known_iommu(iommu)]
    packages.need("boot")
    built = kernel(is_base)
    built.build()
    built.install_modules()
    with web() as web_words:
        box = machine.Machine(built.image, pack(built), web_words, kind, machine.masters("shell"))
        return box.interact()
