# SPDX-License-Identifier: GPL-2.0
"""What is booted: the kernel's command line, the machine, and the checks that must come.

A scenario runs tests/guest/scripts/NAME.sh. A check that is listed here and does
not appear on the console is a failure.
"""
from dataclasses import dataclass, field

DEVICES = [f"group-0000:00:0{slot}.0" for slot in range(1, 7)]
DATA = ["nvme", "nvme-translation", "virtio-blk", "virtio-blk-translation",
        "e1000e", "e1000e-translation", "virtio-net", "virtio-net-translation",
        "edu-mapped", "edu-mapped-address"]
WILD = ["edu-readonly-memory", "edu-readonly-report", "edu-isolation-memory",
        "edu-isolation-report", "edu-after", "edu-others"]
STALE = ["edu-stale-memory", "edu-stale-report"]


@dataclass
class Scenario:
    """One boot."""
    name: str
    what: str
    type: str
    append: str = ""
    edu_mask: int = None
    firmware: str = None
    devices: list = field(default_factory=list)
    again: bool = False
    checks: list = field(default_factory=list)


ALL = [
    Scenario("strict", "drivers before the SMMU's module, DMA through translation, wild DMA",
             "DMA", "iommu.strict=1",
             checks=["deferral", "deferral-end", "instance", "log"] + DEVICES + DATA + STALE + WILD),
    Scenario("lazy", "the SMMU's module first, deferred invalidation, wild DMA",
             "DMA-FQ", "iommu.strict=0",
             checks=["bind", "instance", "log"] + DEVICES + DATA + WILD),
    Scenario("identity", "no translation, because the administrator asks for it",
             "identity", "iommu.passthrough=1 labbits=32", edu_mask=0xffffffff,
             checks=["bind", "instance", "log"] + DEVICES + DATA),
]

DISKS = ["nvme", "nvme-translation", "virtio-blk", "virtio-blk-translation"]

# Device trees that are not as they should be: make check boots these as well.
FIRMWARE = [
    Scenario("firmware-disabled", "the firmware has switched the SMMU off", "identity", "labbits=32",
             edu_mask=0xffffffff, firmware="disabled", checks=["bind", "groups", "log"] + DISKS),
    Scenario("firmware-beyond", "StreamIDs beyond the SMMU's table", "DMA",
             edu_mask=0xffffffff, firmware="beyond", checks=["message", "closed", "log"]),
    Scenario("firmware-silent", "an SMMU without interrupts", "DMA",
             firmware="silent", checks=["message", "closed", "log"]),
]

WAYS = ["container", "iommufd"]
OWNED = ["taken", "data", "interrupt", "twice", "window", "mapped", "unmap", "stale-memory", "stale-report",
         "readonly-memory", "readonly-report", "unmapped-memory", "unmapped-report", "after"]
# Two functions of one slot that nothing keeps apart: one group.
PAIR = ["-device", "edu,addr=7.0,multifunction=on", "-device", "edu,addr=7.1"]

# User space owns devices: make check boots these as well.
OWNERS = [
    Scenario("vfio", "user space takes devices, does DMA, gives them back; who may own a group", "DMA",
             devices=PAIR,
             checks=["bind", "msi-window"]
             + [f"{way}-{kind}-{what}" for way in WAYS for kind in ("edu", "e1000e") for what in ["away"] + OWNED]
             + [f"{way}-{what}" for way in WAYS for what in ("edu-back", "e1000e-back", "e1000e-back-translation")]
             + ["pair-group"] + [f"{way}-{what}" for way in WAYS for what in
                                 ("busy", "busy-reason", "held", "held-reason", "held-driver", "released")]
             + ["log"]),
    Scenario("vfio-kill", "processes that own devices are killed at random points", "DMA",
             checks=["bind", "killed-edu", "killed-e1000e", "leak-pages", "leak-tables", "leak-pins", "leak-interrupts",
                     "leak-slab", "killed-taken", "killed-edu-back", "killed-e1000e-back", "killed-e1000e-back-translation", "log"]),
    Scenario("vfio-direct", "memory that firmware wants mapped 1:1 forbids user ownership", "DMA", "labbits=32",
             edu_mask=0xffffffff, firmware="direct",
             checks=["region", "reachable"] + [f"{way}-{what}" for way in WAYS for what in ("refused", "reason")]
             + ["back", "log"]),
]

AGAIN = ["first-bind", "first-load", "traffic", "second", "bind", "instance", "log"] + DEVICES + DATA

# The tables of a GICv3's ITS live on in memory that only EFI keeps for the next kernel; a GICv2 has none.
NO_ITS = ["-machine", "gic-version=2"]

# A second kernel finds the devices busy: make check boots these as well.
NEXT = [
    Scenario("kexec", "a second kernel takes over while all devices are busy", "DMA", devices=NO_ITS, again=True, checks=AGAIN),
    Scenario("kdump", "a crash while all devices are busy, a second kernel in the memory that was kept for it", "DMA",
             "crashkernel=256M", devices=NO_ITS, again=True, checks=AGAIN + ["adopted", "queues"]),
]

EVERY = ALL + FIRMWARE + OWNERS + NEXT
