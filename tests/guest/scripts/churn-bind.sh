# Drivers are unbound from devices that are busy, and bound again: clients in turn, the IOMMU's own where that is allowed.
. /lab/lib.sh
. /lab/masters.sh
. /lab/owners.sh
. /lab/leaks.sh
. /lab/churn.sh

COUNT=${labcycles:-8}
UNIT_EVERY=10	# cycles
ALL="$NVME $E1000E $VNET $VBLK $EDU $EDU2"
DISKS="$NVME $VBLK"

works() { # DEVICE: moves data that are right
	case $1 in
	$NVME|$VBLK) within 10 is_disk "$1" && same "$(disk_of "$1")" ;;
	$EDU|$EDU2) edu_works "$1" ;;
	*) within 10 [ -n "$(netdev_of "$1")" ] ;;
	esac
}

# It is in the middle of something when its driver goes: a disk reads and writes, edu copies and has a mapping that is kept.
work() { # DEVICE
	case $1 in
	$NVME|$VBLK) busy_disk "$(disk_of "$1")" & ;;
	$EDU|$EDU2) edu "$1" hold; echo mapped > "/sys/kernel/debug/edu_dma/$1/run" & ;;
	esac
	usleep 50000
} > /dev/null 2>&1

client() { # DEVICE
	local group=$(readlink "/sys/bus/pci/devices/$1/iommu_group")
	work "$1"
	unbind "$1"
	bound "$1" && { wrong="$1 is still bound"; return; }
	[ "$group" = "$(readlink "/sys/bus/pci/devices/$1/iommu_group")" ] || { wrong="$1 has left $group"; return; }
	echo "$1" > /sys/bus/pci/drivers_probe
	within 20 bound "$1" || { wrong="$1 was not bound again"; return; }
	works "$1" || { wrong="$1: its data are wrong: $result"; return; }
}

# The unit's driver goes: first its users', then there is no group; all of it comes back.
unit_cycle() {
	echo "$unit" > "$UNIT_DRIVER/unbind"
	for d in $ALL; do ! bound "$d" || { wrong="$d is bound without $unit"; return; }; done
	[ -z "$(ls /sys/kernel/iommu_groups)" ] || { wrong="groups without $unit: $(groups | tr '\n' ,)"; return; }
	echo "$unit" > "$UNIT_DRIVER/bind"
	bring_back
	within 10 wait_bound || { wrong="not all devices are bound again"; return; }
	within 10 groups_are "$first" || { wrong="groups with $unit bound again: $(groups | tr '\n' ,)"; return; }
	works $NVME || { wrong="$NVME: its data are wrong"; return; }
}

cycle() { # NUMBER
	if [ -e "$UNIT_DRIVER/unbind" ] && [ $(($1 % UNIT_EVERY)) = 0 ]; then
		unit_cycle
	else
		set -- $1 $ALL
		shift $(($1 % 6 + 1))
		client "$1"
	fi
}

case $IOMMU in
virtio-iommu) UNIT_DRIVER=/sys/bus/virtio/drivers/virtio_iommu; unit=$(basename /sys/bus/pci/devices/0000:00:08.0/virtio*) ;;
*) UNIT_DRIVER=/sys/bus/platform/drivers/arm-smmu-v3; unit= ;;
esac

load_iommu
load_masters
verdict bind "all devices bound" wait_bound
instances
[ -n "$unit" ] && unit=$(basename /sys/bus/pci/devices/0000:00:08.0/virtio*)
make_blob
for d in $NVME $VBLK; do within 10 is_disk $d; fill "$(disk_of $d)"; done
within 10 [ "$(groups | wc -l)" -ge 10 ]
first=$(groups)
leaks_forget

churn 6 "unbound and bound"
unchanged
if [ -e "$UNIT_DRIVER/unbind" ]; then
	pass unit "$unit was unbound every $UNIT_EVERY cycles"
else
	verdict unit "$IOMMU cannot be unbound: $(ls $UNIT_DRIVER | tr '\n' ' ')" [ -d $UNIT_DRIVER -a ! -e $UNIT_DRIVER/unbind ]
fi
disk after-nvme $NVME "$(nvme_of $NVME)" 16
download after-e1000e $E1000E 10.0.2
edu_mapped $EDU after-edu
leaks_are_none
log_quiet
