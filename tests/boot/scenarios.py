# SPDX-License-Identifier: GPL-2.0
"""What is booted: the kernel's command line, the machine, and the checks that must come.

A scenario runs tests/guest/scripts/SCRIPT.sh, by default that of its name. A check
that is listed here and does not appear on the console is a failure.
"""
from dataclasses import dataclass, field, replace

from boot.iommus import BOARDS, IOMMUS

DEVICES = [f"group-0000:00:0{slot}.0" for slot in range(1, 7)]
DATA = ["nvme", "nvme-translation", "virtio-blk", "virtio-blk-translation",
        "e1000e", "e1000e-translation", "virtio-net", "virtio-net-translation",
        "edu-mapped", "edu-mapped-address"]
WILD = ["edu-readonly-memory", "edu-readonly-report", "edu-readonly-reason", "edu-isolation-memory",
        "edu-isolation-report", "edu-after", "edu-others"]
WAYS = ["container", "iommufd"]
# What the lines in the base's log do not tell.
OURS = ["edu-readonly-reason"] + [f"{way}-{what}" for way in WAYS for what in ("busy-reason", "held-reason")]
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
    tables: str = None  # ACPI tables that the kernel takes in place of the machine's, with ACPI only
    devices: list = field(default_factory=list)
    checks: list = field(default_factory=list)
    iommu: str = "smmuv3"
    limit: int = 300  # seconds
    far: bool = False  # a second root bus, with devices and a virtio-iommu of its own
    script: str = None
    hot: bool = False  # slots that devices leave and come back to
    again: bool = False  # the guest has its kernel and initramfs in /again
    # The IOMMUs' drivers are modules, or in the kernel ("builtin"), or modules of one that looks for leaks and misuse ("leaks")
    kernel: str = "module"
    small: bool = False  # a machine of one processor with a disk and an edu, several at a time
    order: dict = field(default_factory=dict)  # name of a check -> patterns of lines that come in this order
    never: list = field(default_factory=list)  # patterns of lines that must not come

    def __post_init__(self):
        self.script = self.script or self.name

    def behind(self, iommu):
        """The same scenario with another IOMMU: all of its checks but those that cannot be made there."""
        return replace(self, name=f"{iommu.name}-{self.name}", what=f"{iommu.what}: {self.what}", iommu=iommu.name,
                       checks=[check for check in self.checks if check not in iommu.unseen] + iommu.checks)


ALL = [
    Scenario("strict", "drivers before the IOMMU's module, DMA through translation, wild DMA",
             "DMA", "iommu.strict=1",
             checks=["deferral", "deferral-end", "instance", "msi-window", "log"] + DEVICES + DATA + STALE + WILD),
    Scenario("lazy", "the IOMMU's module first, deferred invalidation, wild DMA",
             "DMA-FQ", "iommu.strict=0",
             checks=["bind", "instance", "msi-window", "log"] + DEVICES + DATA + WILD),
    Scenario("identity", "no translation, because the administrator asks for it",
             "identity", "iommu.passthrough=1 labbits=32", edu_mask=0xffffffff,
             checks=["bind", "instance", "msi-window", "log"] + DEVICES + DATA),
]

DISKS = ["nvme", "nvme-translation", "virtio-blk", "virtio-blk-translation"]

BOOT_DMA = Scenario("boot-dma", "a device that firmware left doing DMA, before, while and after the IOMMU comes", "DMA", "labbits=32",
                    edu_mask=0xffffffff, firmware="direct",
                    checks=["before", "kept", "said", "bind", "instance", "msi-window", "reachable", "released", "mapped",
                            "mapped-address", "nvme", "nvme-translation", "log"] + DEVICES)

# Device trees that are not as they should be, or say more than usual: make check boots these as well.
FIRMWARE = [
    Scenario("firmware-disabled", "the firmware has switched the SMMU off", "identity", "labbits=32",
             edu_mask=0xffffffff, firmware="disabled", checks=["bind", "groups", "log"] + DISKS),
    Scenario("firmware-beyond", "StreamIDs beyond the SMMU's table", "DMA",
             edu_mask=0xffffffff, firmware="beyond", checks=["message", "closed", "log"]),
    Scenario("firmware-silent", "an SMMU without interrupts", "DMA",
             firmware="silent", checks=["message", "closed", "log"]),
    Scenario("firmware-incoherent", "devices and SMMU that do not look into caches", "DMA", "iommu.strict=1", firmware="incoherent",
             script="strict", checks=["deferral", "deferral-end", "instance", "msi-window", "log"] + DEVICES + DATA + STALE + WILD),
    BOOT_DMA,
    replace(BOOT_DMA.behind(IOMMUS["smmuv3-acpi"]), name="boot-dma-rmr", firmware=None, tables="rmr",
            checks=[check for check in BOOT_DMA.checks if check != "reachable"] + ["released-at-once", "acpi"],
            append=f"{BOOT_DMA.append} labstart=0x60000000 crashkernel=16M@0x60000000"),
    replace(BOOT_DMA.behind(BOARDS["virtio-bare"]), name="virtio-boot-dma", devices=["-device", "virtio-iommu-pci,addr=8,boot-bypass=on"]),
]

OWNED = ["taken", "data", "interrupt", "twice", "window", "mapped", "unmap", "stale-memory", "stale-report",
         "readonly-memory", "readonly-report", "unmapped-memory", "unmapped-report", "after"]
# Two functions of one slot that nothing keeps apart: one group.
PAIR = ["-device", "edu,addr=7.0,multifunction=on", "-device", "edu,addr=7.1"]

# For scenarios that count objects: a cache whose callers are kept counts them exactly, and tells who has them. Of
# others, all that a processor has at hand for later counts as in use.
LEDGER = "slab_debug=U,kmalloc-*,iommu*,iova*,task_struct,mm_struct,filp"

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
    Scenario("vfio-kill", "processes that own devices are killed at random points", "DMA", LEDGER,
             checks=["bind", "killed-edu", "killed-e1000e", "leak-pages", "leak-tables", "leak-pins", "leak-interrupts",
                     "leak-slab", "killed-taken", "killed-edu-back", "killed-e1000e-back", "killed-e1000e-back-translation", "log"]),
    Scenario("vfio-direct", "memory that firmware wants mapped 1:1 forbids user ownership", "DMA", "labbits=32",
             edu_mask=0xffffffff, firmware="direct",
             checks=["region", "reachable"] + [f"{way}-{what}" for way in WAYS for what in ("refused", "reason")]
             + ["back", "log"]),
]

OWNERS_VIRTIO = [plan.behind(IOMMUS["virtio"]) for plan in OWNERS if not plan.firmware]

# Two IOMMUs in one machine; the second is a virtio-iommu with the devices of the expander's bus.
BOTH = (["deferral", "early", "early-others", "late", "units", "log"]
        + ["behind-" + name.removeprefix("group-") for name in DEVICES] + ["behind-0001:41:00.0", "behind-0001:42:00.0"]
        + ["nvme2", "nvme2-translation"] + [check for check in DATA if not check.startswith("edu")]
        + [f"{edu}-{what}" for edu in ("near", "far") for what in
           ("mapped", "mapped-address", "stale-memory", "stale-report", "crossed-memory", "crossed-report")])
NEAR_VIRTIO, FAR_VIRTIO = "virtio_pci,virtio-iommu", "virtio_mmio,virtio-iommu"

TWO = [
    Scenario("two-virtio", "two virtio-iommus, by PCI and by MMIO", "DMA", iommu="virtio", script="two", far=True,
             firmware="two", append=f"labload1={NEAR_VIRTIO} labload2={FAR_VIRTIO} labnear=1", checks=BOTH),
    Scenario("smmuv3-then-virtio", "an SMMUv3 and a virtio-iommu, the SMMU's module first", "DMA", script="two", far=True,
             firmware="two", append=f"labload1=arm-smmu-v3 labload2={FAR_VIRTIO} labnear=1", checks=BOTH),
    Scenario("virtio-then-smmuv3", "an SMMUv3 and a virtio-iommu, the SMMU's module last", "DMA", script="two", far=True,
             firmware="two", append=f"labload1={FAR_VIRTIO} labload2=arm-smmu-v3 labnear=0", checks=BOTH),
]


CYCLED = ["bind", "instance", "msi-window", "refused", "cycles", "module-gone", "groups-gone", "instances-gone",
          "leak-pages", "leak-percpu", "leak-slab", "back", "edu-mapped", "edu-mapped-address", "log"] + DEVICES


def cycled(iommu, name, count):
    """The driver's module comes and goes under devices that keep asking for it."""
    return Scenario(name, f"{IOMMUS[iommu].what}: its module comes and goes {count} times, devices keep asking for it",
                    "DMA", f"{LEDGER} labcycles={count}", iommu=iommu, script="cycles", limit=120 + 8 * count, checks=CYCLED)


SLEPT = Scenario("suspend", "to sleep and back, with mappings that stay", "DMA", "no_console_suspend",
                 checks=["bind", "instance", "msi-window", "devices", "platform", "kept", "edu-mapped",
                         "edu-mapped-address", "edu-again", "edu-again-address", "log"] + DEVICES + DATA[:8] + STALE + WILD)

STORM = Scenario("storm", "a device that faults without end goes into quarantine, and comes back", "DMA", "iommu.fault_limit=100",
                 checks=["bind", "instance", "msi-window", "one-fault", "storm", "storm-report", "storm-lines", "blocked",
                         "others", "back", "back-address", "by-hand", "again", "again-address", "log"] + DEVICES + DISKS)

# The IOMMU and its driver come, sleep and go.
LIFE = [
    cycled("smmuv3", "cycles", 10),
    cycled("virtio", "virtio-cycles", 25),
    SLEPT, SLEPT.behind(IOMMUS["virtio"]),
    STORM, STORM.behind(IOMMUS["virtio"]),
    Scenario("virtio-reset", "a virtio-iommu is reset under devices that use it", "DMA", iommu="virtio", script="reset",
             checks=["bind", "instance", "msi-window", "state", "reset", "kept", "again", "edu-mapped", "edu-mapped-address",
                     "edu-again", "edu-again-address", "log"] + DEVICES + DATA[:8] + STALE + WILD),
    Scenario("virtio-remove", "a virtio-iommu is unbound, then taken away, under devices that use it", "DMA",
             iommu="virtio", script="remove",
             checks=["bind", "instance", "msi-window", "again", "log"] + DEVICES + STALE + WILD
             + [f"{way}-{what}" for way in ("unbind", "remove") for what in
                ("gone", "groups", "unbound", "bound", "edu-mapped", "edu-mapped-address", "nvme", "nvme-translation")]),
]

AGAIN = ["first-bind", "first-load", "traffic", "second", "bind", "instance", "msi-window", "log"] + DEVICES + DATA

# The tables of a GICv3's ITS live on in memory that only EFI keeps for the next kernel; a GICv2 has none.
NO_ITS = ["-machine", "gic-version=2"]

# A second kernel finds the devices busy.
NEXT = [
    Scenario("kexec", "a second kernel takes over while all devices are busy", "DMA", limit=240, devices=NO_ITS, again=True, checks=AGAIN),
    Scenario("kdump", "a crash while all devices are busy, a second kernel in the memory that was kept for it", "DMA",
             "crashkernel=256M", limit=240, devices=NO_ITS, again=True, checks=AGAIN + ["adopted", "queues"]),
]

# What takes more time than its share of make check.
LONG = [cycled("smmuv3", "cycles-long", 100), cycled("virtio", "virtio-cycles-long", 100)]


def all_behind(name):
    """What make boot boots with the IOMMU of that name."""
    return ALL if name == "smmuv3" else [plan.behind(IOMMUS[name]) for plan in ALL]


EVERY = ALL + FIRMWARE + OWNERS + OWNERS_VIRTIO + TWO + LIFE + NEXT + [plan for name in IOMMUS if name != "smmuv3" for plan in all_behind(name)]
