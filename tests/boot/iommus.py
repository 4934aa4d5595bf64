# SPDX-License-Identifier: GPL-2.0
"""What can stand between the devices and memory: the board with it, and what cannot be seen on it."""
from dataclasses import dataclass, field

# Beside slots that scenarios use; before all devices, so that QEMU knows of it when they come.
# Closed until the driver attaches something, as the SMMU is.
VIRTIO_IOMMU = ["-device", "virtio-iommu-pci,addr=8,boot-bypass=off"]


@dataclass(frozen=True)
class Iommu:
    """One kind of IOMMU, described by one kind of firmware."""
    name: str
    what: str
    kind: str                                   # what the guest's scripts know it as
    board: str = ""                             # words for QEMU's -M
    devices: list = field(default_factory=list)
    acpi: str = None                            # boot through UEFI: the ACPI table that tells of the IOMMU
    checks: list = field(default_factory=list)  # that every scenario has in addition
    unseen: list = field(default_factory=list)  # checks that cannot be made on it


IOMMUS = {iommu.name: iommu for iommu in [
    Iommu("smmuv3", "SMMUv3", "smmuv3", board="iommu=smmuv3"),
    Iommu("virtio", "virtio-iommu", "virtio", devices=VIRTIO_IOMMU),
    Iommu("smmuv3-acpi", "SMMUv3, ACPI's IORT", "smmuv3", board="iommu=smmuv3", acpi="IORT", checks=["acpi"]),
    Iommu("virtio-acpi", "virtio-iommu, ACPI's VIOT", "virtio", devices=VIRTIO_IOMMU, acpi="VIOT", checks=["acpi"]),
]}

# What is booted: these, and boards to which a scenario brings its virtio-iommu itself.
BOARDS = {**IOMMUS, **{iommu.name: iommu for iommu in [
    Iommu("virtio-bare", "virtio-iommu", "virtio"),
    Iommu("virtio-bare-acpi", "virtio-iommu, ACPI's VIOT", "virtio", acpi="VIOT", checks=["acpi"]),
]}}
