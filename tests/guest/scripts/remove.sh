# The IOMMU itself is taken away under devices that use it, and comes back.
. /lab/lib.sh
. /lab/masters.sh
. /lab/owners.sh

SELF=0000:00:08.0
ALL="$NVME $E1000E $VNET $VBLK $EDU $EDU2"

works() { edu $EDU mapped; data_right; }
none_bound() { for d in $ALL; do ! bound "$d" || return 1; done; }

# away HOW: the unit is gone, and nothing that was behind it reaches memory
away() {
	verdict $1-gone "no instance is left" [ -z "$(ls /sys/class/iommu)" ]
	verdict $1-groups "no group is left" [ -z "$(ls /sys/kernel/iommu_groups)" ]
	verdict $1-unbound "no device keeps a driver that would use it" none_bound
}

back() {
	for d in $ALL; do bound $d || echo $d > /sys/bus/pci/drivers_probe; done
	verdict $1-bound "all devices bound again" wait_bound
	edu_mapped $EDU $1-edu-mapped
	within 10 nvme_there $NVME
	disk $1-nvme $NVME "$(nvme_of $NVME)" 16
}

load_iommu
load_masters
verdict bind "all devices bound" wait_bound
instances
unit=$(basename /sys/bus/pci/devices/$SELF/virtio*)
edu $EDU hold

echo $unit > /sys/bus/virtio/drivers/virtio_iommu/unbind
away unbind
echo $unit > /sys/bus/virtio/drivers/virtio_iommu/bind
back unbind

echo 1 > /sys/bus/pci/devices/$SELF/remove
away remove
echo 1 > /sys/bus/pci/rescan
back remove
instances_again=$(ls /sys/class/iommu)
verdict again "${instances_again:-no instance} is back" [ -n "$instances_again" ]
edu_wild
log_clean
