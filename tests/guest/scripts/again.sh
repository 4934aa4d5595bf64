# Another kernel after this one, on the same devices.  Sourced by the scenarios.

# The command line of the next kernel: that of this one, and what is added
next_line() { sed -e 's/ *crashkernel=[^ ]*//' -e "s|\$| labround=2 $*|" /proc/cmdline; }

# Traffic without end on every kind of device, from processes that nobody stops
traffic() {
	for card in "$E1000E 10.0.2" "$VNET 10.0.3"; do
		set -- $card
		ip addr add "$2.15/24" dev "$(netdev_of "$1")"
		ip link set "$(netdev_of "$1")" up
		within 15 ping -c 1 -W 1 -I "$(netdev_of "$1")" "$2.2"
		while :; do fetch "$2.2" "$labport" > /dev/null; done &
	done
	for block in nvme0n1 "$(blockdev_of $VBLK)"; do
		while :; do dd if=/dev/zero of="/dev/$block" bs=1M count=48 conv=fsync; done 2> /dev/null &
	done
}

# What the devices have moved so far, in sectors and in bytes
moved() {
	for block in nvme0n1 "$(blockdev_of $VBLK)"; do
		awk '{ print $7 }' "/sys/block/$block/stat"
	done
	for card in $E1000E $VNET; do
		cat "/sys/class/net/$(netdev_of $card)/statistics/rx_bytes"
	done
}

# Each of them has moved something in the last second
traffic_runs() {
	moved > /tmp/before
	sleep 1
	moved > /tmp/after
	stood=$(paste /tmp/before /tmp/after | awk '$1 == $2' | wc -l)
	verdict traffic "devices that stand still: $stood; moved so far: $(echo $(cat /tmp/after))" [ "$stood" -eq 0 ]
}

# The machine that the next kernel finds
all_work() {
	load_iommu
	within 5 [ -d /sys/class/iommu ]
	load_masters
	verdict bind "all devices bound" wait_bound
	instances
	within 10 [ -b /dev/nvme0n1 ]
	disk nvme $NVME nvme0n1 16
	disk virtio-blk $VBLK "$(blockdev_of $VBLK)" 16
	cards
	edu_mapped $EDU edu-mapped
}
