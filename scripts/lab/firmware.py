# SPDX-License-Identifier: GPL-2.0
"""The machine's device tree with a change in it."""
import os
import subprocess

from lab import places
from lab.say import Failure

SMMU = "/smmuv3@9050000"
BRIDGE = "/pcie@10000000"
PCI_MEMORY = "2000000"  # first cell of a PCI address: 32-bit memory space

# The bus of the expander, which QEMU describes in ACPI only; it answers in the configuration space
# and in the windows of the board's one bridge, so each of the two gets a part of them.
EXPANDER = "/pcie@4014000000"
EXPANDER_BUS = 0x40
FIRST_BUSES = ["40", "10000000", "0", "4000000"]
EXPANDER_BUSES = ["40", "14000000", "0", "4000000"]
FIRST_WINDOWS = ["1000000", "0", "0", "0", "3eff0000", "0", "10000",
                 "2000000", "0", "10000000", "0", "10000000", "0", "18000000",
                 "3000000", "80", "0", "80", "0", "40", "0"]
EXPANDER_WINDOWS = ["2000000", "0", "28000000", "0", "28000000", "0", "16ff0000",
                    "3000000", "c0", "0", "c0", "0", "40", "0"]
TRANSPORT = "/virtio_mmio@a000000"  # of the virtio-iommu behind which the expander's bus is
TRANSPORT_PHANDLE = "7003"


def tool(*words):
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failure(f"{' '.join(words[:2])}: {done.stderr.strip()}")
    return done.stdout.split()


def disabled(blob):
    """The firmware says that the SMMU is not to be used."""
    tool("fdtput", "-t", "s", blob, SMMU, "status", "disabled")


def beyond(blob):
    """The StreamIDs of all PCI devices are beyond what the SMMU has a table for."""
    first, phandle, _, count = tool("fdtget", "-t", "x", blob, BRIDGE, "iommu-map")
    tool("fdtput", "-t", "x", blob, BRIDGE, "iommu-map", first, phandle, "1000000", count)


def silent(blob):
    """The SMMU has no interrupts."""
    for name in ("interrupts", "interrupt-names"):
        tool("fdtput", "-d", blob, SMMU, name)


def incoherent(blob):
    """Neither the devices nor the SMMU look into the caches of the processors."""
    for node in (BRIDGE, SMMU):
        tool("fdtput", "-d", blob, node, "dma-coherent")


def direct(blob):
    """The device in slot 5 needs 64 KiB of memory at the same address, always: what a display left on has."""
    region, device = "/reserved-memory/lab@7f000000", BRIDGE + "/edu@5,0"
    tool("fdtput", "-c", "-p", blob, region)
    for name in ("#address-cells", "#size-cells"):
        tool("fdtput", "-t", "x", blob, "/reserved-memory", name, "2")
    tool("fdtput", blob, "/reserved-memory", "ranges")
    tool("fdtput", "-t", "x", blob, region, "reg", "0", "7f000000", "0", "10000")
    tool("fdtput", "-t", "x", blob, region, "phandle", "7001")
    tool("fdtput", "-t", "x", blob, region, "iommu-addresses",
         "7002", PCI_MEMORY, "0", "7f000000", "0", "10000")
    tool("fdtput", "-c", blob, device)
    tool("fdtput", "-t", "x", blob, device, "reg", "2800", "0", "0", "0", "0")
    tool("fdtput", "-t", "x", blob, device, "phandle", "7002")
    tool("fdtput", "-t", "x", blob, device, "memory-region", "7001")


def put(blob, node, **properties):
    for name, cells in properties.items():
        tool("fdtput", "-t", "x", blob, node, name.replace("_", "-").replace("pci-domain", "linux,pci-domain"), *cells)


def two(blob):
    """The expander's bus is a PCI domain of its own, behind a virtio-iommu on a transport of the board."""
    put(blob, TRANSPORT, phandle=[TRANSPORT_PHANDLE], **{"#iommu_cells": ["1"]})
    put(blob, BRIDGE, bus_range=["0", f"{EXPANDER_BUS - 1:x}"], reg=FIRST_BUSES, ranges=FIRST_WINDOWS)
    tool("fdtput", "-c", blob, EXPANDER)
    for name in ("compatible", "device_type"):
        tool("fdtput", "-t", "s", blob, EXPANDER, name, *tool("fdtget", blob, BRIDGE, name))
    tool("fdtput", blob, EXPANDER, "dma-coherent")
    for name in ("#address-cells", "#size-cells", "#interrupt-cells", "interrupt-map", "interrupt-map-mask", "msi-map"):
        tool("fdtput", "-t", "x", blob, EXPANDER, name, *tool("fdtget", "-t", "x", blob, BRIDGE, name))
    first = f"{EXPANDER_BUS << 8:x}"
    put(blob, EXPANDER, pci_domain=["1"], reg=EXPANDER_BUSES, ranges=EXPANDER_WINDOWS,
        bus_range=[f"{EXPANDER_BUS:x}", f"{2 * EXPANDER_BUS - 1:x}"],
        iommu_map=[first, TRANSPORT_PHANDLE, first, first])


def clocked(blob):
    """The SMMU needs a clock, whose driver is a module of the tests."""
    clock = "/lab-clock"
    tool("fdtput", "-c", blob, clock)
    tool("fdtput", "-t", "s", blob, clock, "compatible", "lab,late-clock")
    put(blob, clock, phandle=["7004"], **{"#clock_cells": ["0"]})
    # Taken on behalf of any driver, and so are no others: the device waits for it whatever its driver asks for.
    put(blob, SMMU, assigned_clocks=["7004"], assigned_clock_rates=["16e3600"])


def garbage(blob):
    """Where the SMMU's registers should be is memory that reads as zeroes: the board's second flash, empty."""
    put(blob, SMMU, reg=["0", "4000000", "0", "20000"])


def by_mmio(blob):
    """The devices on the PCI bus are behind a virtio-iommu on a transport of the board."""
    put(blob, TRANSPORT, phandle=[TRANSPORT_PHANDLE], **{"#iommu_cells": ["1"]})
    put(blob, BRIDGE, iommu_map=["0", TRANSPORT_PHANDLE, "0", "10000"])


def disabled_pci(blob):
    """The firmware says that the virtio-iommu on the PCI bus is not to be used."""
    tool("fdtput", "-t", "s", blob, f"{BRIDGE}/virtio_iommu@8,0", "status", "disabled")


CHANGES = {"direct": direct, "disabled": disabled, "disabled-pci": disabled_pci, "beyond": beyond, "incoherent": incoherent, "silent": silent,
           "two": two, "clocked": clocked, "garbage": garbage, "by-mmio": by_mmio}


def changed(command, change, name):
    """QEMU's tree for a command line, changed; the words that boot with it."""
    blob = os.path.join(places.BUILD, "dtb", name + ".dtb")
    os.makedirs(os.path.dirname(blob), exist_ok=True)
    dump = list(command)
    at = dump.index("-M") + 1
    dump[at] += f",dumpdtb={blob}"
    tool(*dump)
    CHANGES[change](blob)
    return ["-dtb", blob]
