# SPDX-License-Identifier: GPL-2.0
"""Who may be bound when: every kind of IOMMU, with its driver in the kernel or a module, in every state that a
device finds it in, under every policy for one that is missing. A cell is one boot of a small machine with two
masters, a disk and an edu.
"""
import itertools

from boot.iommus import BOARDS
from boot.scenarios import Scenario

NVME, EDU = "0000:00:01.0", "0000:00:05.0"
DRIVER = {NVME: "nvme", EDU: "edu_dma"}
SHORT = {NVME: "nvme", EDU: "edu"}
MISSING = ["defer", "bypass", "fail"]
STATES = ["first", "late", "absent", "disabled", "failing"]
FORMS = ["module", "builtin"]

# A virtio-iommu lets pass what it was not told of, as an SMMU does that was not switched on: DMA without translation works.
PCI_FUNCTION = ["-device", "virtio-iommu-pci,addr=8"]
TRANSPORT = ["-device", "virtio-iommu-device,primary-bus=pcie.0,bus=virtio-mmio-bus.0"]
MODERN = ["-global", "virtio-mmio.force-legacy=false"]


class Way:
    """One kind of IOMMU with its driver in one form, in one state."""

    def __init__(self, firmware=None, load="", devices=(), gone="", words="", name=None, known=None, says=None):
        self.firmware = firmware
        self.load = load            # modules that bring it, in order
        self.devices = list(devices)
        self.gone = gone            # modules that are not on the disk
        self.words = words          # for the kernel's command line
        self.name = name            # of the IOMMU in messages
        self.known = known          # what a message says of its state, a pattern
        self.says = says            # what its own driver says


SMMU = dict(name="/smmuv3@9050000", says=r"arm-smmu-v3 9050000\.smmuv3: 16-bit streams")
SMMU_ACPI = dict(name="arm-smmu-v3.0.auto", says=r"arm-smmu-v3 arm-smmu-v3\.0\.auto: 16-bit streams")
PCI = dict(name="/pcie@10000000/virtio_iommu@8,0", says=r"virtio_iommu virtio\d+: page mask", devices=PCI_FUNCTION)
PCI_ACPI = {**PCI, "name": "0000:00:08.0"}
MMIO = dict(name="/virtio_mmio@a000000", says=r"virtio_iommu virtio\d+: page mask", devices=MODERN + TRANSPORT, firmware="by-mmio")

NO_DRIVER = "it has no driver in this kernel yet"
NOT_YET = "its driver waits for something, or has failed"
NOT_REGISTERED = "its driver has not registered it"
UNUSABLE = r"arm-smmu-v3 4000000\.smmuv3: .*unusable: "
LACKING = r"virtio_iommu virtio\d+: it lacks VERSION_1 or MAP_UNMAP"

WAYS = {
    ("smmuv3", "module"): {
        "first": Way(load="arm-smmu-v3", **SMMU),
        "late": Way(load="arm-smmu-v3", known=NO_DRIVER, **SMMU),
        "absent": Way(load="arm-smmu-v3", gone="arm_smmu_v3", known=NO_DRIVER, **SMMU),
        "disabled": Way(load="arm-smmu-v3", firmware="disabled", **SMMU),
        "failing": Way(load="arm-smmu-v3", firmware="garbage", known=NOT_YET, **{**SMMU, "says": UNUSABLE}),
    },
    ("smmuv3", "builtin"): {
        "first": Way(**SMMU),
        "late": Way(load="late_clock", firmware="clocked", known=NOT_YET, **SMMU),
        "absent": Way(words="initcall_blacklist=smmu3_driver_init", known=NO_DRIVER, **SMMU),
        "disabled": Way(firmware="disabled", **SMMU),
        "failing": Way(firmware="garbage", known=NOT_YET, **{**SMMU, "says": UNUSABLE}),
    },
    ("smmuv3-acpi", "module"): {
        "first": Way(load="arm-smmu-v3", **SMMU_ACPI),
        "late": Way(load="arm-smmu-v3", known=NO_DRIVER, **SMMU_ACPI),
        "absent": Way(load="arm-smmu-v3", gone="arm_smmu_v3", known=NO_DRIVER, **SMMU_ACPI),
    },
    ("smmuv3-acpi", "builtin"): {
        "first": Way(**SMMU_ACPI),
        "absent": Way(words="initcall_blacklist=smmu3_driver_init", known=NO_DRIVER, **SMMU_ACPI),
    },
    # A transport has a driver of its own, which is bound whatever becomes of the IOMMU on it.
    ("virtio", "module"): {
        "first": Way(load="virtio_pci,virtio-iommu", **PCI),
        "late": Way(load="virtio_pci,virtio-iommu", known=NO_DRIVER, **PCI),
        "absent": Way(load="virtio_pci,virtio-iommu", gone="virtio-iommu", known=NOT_REGISTERED, **PCI),
        "disabled": Way(load="virtio_pci,virtio-iommu", **{**PCI, "firmware": "disabled-pci"}),
        "failing": Way(load="virtio_mmio,virtio-iommu", known=NOT_REGISTERED, **{**MMIO, "devices": TRANSPORT, "says": LACKING}),
    },
    ("virtio", "builtin"): {
        "first": Way(**PCI),
        "late": Way(load="virtio_mmio", known=NO_DRIVER, **MMIO),
        "absent": Way(words="initcall_blacklist=viommu_init", known=NOT_REGISTERED, **PCI),
        "disabled": Way(**{**PCI, "firmware": "disabled-pci"}),
        # On a slow machine the disk's driver, which is in the kernel, has its answer before the module is there.
        "failing": Way(load="virtio_mmio", known=f"({NOT_REGISTERED}|{NO_DRIVER})",
                       **{**MMIO, "devices": TRANSPORT, "says": LACKING}),
    },
    ("virtio-acpi", "module"): {
        "first": Way(load="virtio_pci,virtio-iommu", **PCI_ACPI),
        "late": Way(load="virtio_pci,virtio-iommu", known=NO_DRIVER, **PCI_ACPI),
        "absent": Way(load="virtio_pci,virtio-iommu", gone="virtio-iommu", known=NOT_REGISTERED, **PCI_ACPI),
    },
    ("virtio-acpi", "builtin"): {
        "first": Way(**PCI_ACPI),
        "absent": Way(words="initcall_blacklist=viommu_init", known=NOT_REGISTERED, **PCI_ACPI),
    },
}

BOARD = {"virtio": "virtio-bare", "virtio-acpi": "virtio-bare-acpi"}  # others have the name of the kind


def line(words):
    """A pattern for these very words."""
    return words.translate({ord(char): "\\" + char for char in r".()[]{}*+?^$|\\"})


def begun(form, device):
    """What comes before a decision on a device; the disk's driver has the form of the IOMMU's, the edu's is a module."""
    return ["Run /init as init process"] if form == "builtin" and device == NVME else ["lab: step clients"]


def order_first(form, device, short):
    driver = [line(f"nvme nvme0: pci function {NVME}")] if device == NVME else []
    both = [line(f"{device}: Adding to iommu group")] + driver
    early = form == "builtin" and device == NVME
    return (both + begun(form, device) if early else begun(form, device) + both) + [f"PASS behind-{short}:"]


def missed(way, device, missing):
    """The line that tells what becomes of a device whose IOMMU has not come in time. The driver core's own
    line for one that goes on waiting leaves out those that are being tried at that moment, so the guest asks."""
    return line({
        "defer": f"PASS goes-on-{SHORT[device]}: {DRIVER[device]}: waits for IOMMU {way.name}: KNOWN",
        "bypass": f"{device}: uses DMA without translation, as IOMMU {way.name} is missing (KNOWN)",
        "fail": f"{device}: not bound, as IOMMU {way.name} is missing (KNOWN); iommu.missing=bypass binds it without",
    }[missing]).replace("KNOWN", way.known)


def order_missing(way, form, device, short, missing):
    return begun(form, device) + [missed(way, device, missing)] + ([f"PASS direct-{short}:"] if missing == "bypass" else [])


def order_came(way, device, short, missing):
    """The IOMMU is there at last."""
    group = line(f"{device}: Adding to iommu group")
    return ["lab: step iommu"] + {
        "defer": [group],
        "bypass": [line(f"{device}: IOMMU {way.name} has come, but the driver uses DMA without translation"), group,
                   f"PASS stays-{short}:", "lab: step rebind"],
        "fail": ["PASS unbound:", "lab: step rebind", group],
    }[missing] + [f"PASS behind-{short}:"]


def order(way, form, state, missing):
    """Lines of the log, in this order, for each device; and for the IOMMU's own driver."""
    found = {}
    for device, short in SHORT.items():
        if state == "first":
            found[short] = order_first(form, device, short)
        elif state == "disabled":
            found[short] = begun(form, device) + [f"PASS direct-{short}:"]
        else:
            found[short] = order_missing(way, form, device, short, missing)
        if state == "late":
            found[short] += order_came(way, device, short, missing)
    own = {"first": [way.says, "lab: step clients"], "failing": [way.says, "lab: step clients"],
           "late": ["lab: step iommu", way.says]}.get(state)
    return {**found, **({"iommu": own} if own else {})}


def never(way, state, missing):
    """Patterns of what the log may not hold."""
    said = {"bypass": "uses DMA without", "fail": "not bound, as", "defer": "deferred probe pending"}
    told = state not in ("first", "disabled")
    lines = [rf"0000:00:0[15]\.0: {words}" for policy, words in said.items() if not (told and policy == missing)]
    if state not in ("first", "late"):
        lines.append("Adding to iommu group")
    if state in ("absent", "disabled"):
        lines.append(way.says)
    return lines


def data(phase):
    return [f"{phase}-{what}" for what in ("edu", "edu-address", "nvme", "nvme-translation")]


def checks(state, missing):
    if state == "first":
        return ["bound", "behind", *data("behind")]
    if state == "disabled":
        return ["bound", "apart", *data("direct")]
    found = ["waits"] + {"defer": ["goes-on-nvme", "goes-on-edu"], "bypass": ["bound", "apart", *data("direct")], "fail": ["refused"]}[missing]
    if state == "late":
        found += ["instance"] + {"defer": ["bound"], "bypass": ["stays", *data("stays")], "fail": ["unbound"]}[missing]
        found += ([] if missing == "defer" else ["rebound"]) + ["behind", *data("behind")]
    return found


def cell(kind, form, state, missing):
    way = WAYS[kind, form][state]
    board = BOARDS[BOARD.get(kind, kind)]
    return Scenario(f"{kind}-{form}-{state}-{missing}", f"{board.what}, driver {form}, {state}, iommu.missing={missing}", "DMA",
                    f"iommu.missing={missing} deferred_probe_timeout=3 labbits=32 labwhen={state} labmissing={missing}"
                    + f" labload={way.load} labgone={way.gone} {way.words}",
                    edu_mask=0xffffffff, firmware=way.firmware, devices=way.devices, iommu=board.name, script="matrix",
                    kernel=form, small=True, limit=120, checks=checks(state, missing) + board.checks + ["log"],
                    order=order(way, form, state, missing), never=never(way, state, missing))


CELLS = [cell(*where) for where in itertools.product(("smmuv3", "virtio"), FORMS, STATES, MISSING)]

# By ACPI, where the paths through firmware are others: all that it can express, of which make check takes those with most in them.
ACPI = [cell(kind, form, state, missing) for kind, form, state, missing
        in itertools.product(("smmuv3-acpi", "virtio-acpi"), FORMS, STATES, MISSING) if state in WAYS[kind, form]]
CELLS += [plan for plan in ACPI if "-module-late-" in plan.name]
LONG = [plan for plan in ACPI if plan not in CELLS]
