# Every master of DMA moves data that is checked.  Sourced by the scenarios.

# What firmware says is ACPI's, where that was asked for.
acpi() {
	verdict acpi "ACPI's tables: $(ls /sys/firmware/acpi/tables | tr '\n' ' ')" \
		[ -e "/sys/firmware/acpi/tables/$labacpi" -a ! -e /sys/firmware/devicetree/base/intc@8000000 ]
}

# The unit and the groups are there and have the type that was asked for.
instances() {
	[ -z "$labacpi" ] || acpi
	unit=$(ls /sys/class/iommu | grep "$INSTANCE" | head -n 1)
	verdict instance "${unit:-none} in /sys/class/iommu, $(ls "/sys/class/iommu/$unit/devices" | wc -l) devices behind it" [ -n "$unit" ]
	for d in $NVME $E1000E $VNET $VBLK $EDU $EDU2; do
		t=$(group_type "$d")
		verdict "group-$d" "group $(group_of "$d"), type $t" [ "$t" = "$labtype" ]
	done
	msi_window
}

# Where MSIs are written: the driver's choice for an SMMU, what the device reports for virtio.
msi_window() {
	local window=$(grep msi "/sys/kernel/iommu_groups/$(group_of $EDU)/reserved_regions")
	verdict msi-window "reserved for doorbells in $EDU's group: ${window:-nothing}" [ "$window" = "$WINDOW" ]
}

wait_bound() {
	for d in $NVME $E1000E $VNET $VBLK $EDU $EDU2; do
		within 15 bound "$d" || return 1
	done
}

disks() {
	within 10 [ -b /dev/nvme0n1 ]
	disk nvme $NVME nvme0n1 64
	disk virtio-blk $VBLK "$(blockdev_of $VBLK)" 16
}

cards() {
	download e1000e $E1000E 10.0.2
	download virtio-net $VNET 10.0.3
}

edu_mapped() { # DEVICE NAME
	edu "$1" mapped
	verdict "$2" "$1 $result" data_right
	if [ "$labtype" = identity ]; then
		verdict "$2-address" "the device used the physical address $phys" [ "$iova" = "$phys" ]
	else
		verdict "$2-address" "the device used $iova for $phys" [ "$iova" != "$phys" ]
	fi
}

# Wild DMA of each kind, then everything else must still work.
edu_wild() {
	if [ "$labtype" = DMA ]; then
		log_mark
		edu $EDU stale
		stopped edu-stale $EDU "$iova" "DMA to $iova after its unmap"
	fi
	log_mark
	edu $EDU readonly
	stopped edu-readonly $EDU "$iova" "write to $iova, mapped for reading"
	if [ -z "$labbase" ]; then
		verdict edu-readonly-reason "the line tells it from an address that is not mapped" \
			eval "log_new | grep ${iova#0x} | grep -q 'not for writing'"
	fi
	log_mark
	edu $EDU2 hold
	edu $EDU poke "$iova"
	poked=$iova
	edu $EDU2 held
	stopped edu-isolation $EDU "$poked" "DMA to $poked, which only $EDU2 has"
	edu $EDU mapped
	verdict edu-after "$EDU works after its faults" data_right
	edu $EDU2 mapped
	verdict edu-others "$EDU2 is not disturbed" data_right
}

# No message of the kernel may tell of trouble.
log_clean() {
	bad=$(dmesg | grep -E 'WARNING:|BUG:|Oops|Call trace|timed out|timeout' | grep -v -e lab: -e 'ommand line' -e 'timeout, ignoring dependency' | head -n 1)
	verdict log "no warning, oops or timeout${bad:+: $bad}" [ -z "$bad" ]
}
