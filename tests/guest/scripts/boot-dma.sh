# A device that firmware left doing DMA: it goes on when the IOMMU comes, until the device's driver takes over.
. /lab/lib.sh
. /lab/masters.sh
. /lab/owners.sh

START=${labstart:-0x7f000000}	# of the memory that the firmware has the device use
BEYOND=0x7e000000
STREAM=28	# of slot 5

count() { cat "/sys/module/boot_dma/parameters/$1"; }
has_made() { [ "$(count rounds)" -ge "$1" ]; }
goes_on() { # NAME WHAT: as many copies once more, and none was ever wrong
	local want=$(($(count rounds) + 5))
	within 30 has_made $want
	verdict "$1" "$2: $(count rounds) copies, $(count wrong) wrong" [ "$(count rounds)" -ge $want -a "$(count wrong)" = 0 ]
}

modprobe boot_dma start=$START
goes_on before "before there is an IOMMU"
load_iommu
within 10 [ -n "$(ls /sys/class/iommu)" ]
goes_on kept "$IOMMU has come, $EDU has no driver"
said=$(dmesg | grep -m 1 "0x$STREAM is in use by firmware and passes until its driver comes")
verdict said "${said:-nothing in the log of $STREAM}" [ -n "$said" ]
rmmod boot_dma

load_masters
verdict bind "all devices bound" wait_bound
instances
log_mark
edu $EDU poke $START
sleep 1
if [ -z "$labacpi" ]; then
	verdict reachable "DMA to $START: $result, no fault" eval "! fault_seen $EDU $START"
else
	# The base takes RMR nodes of PCI devices for streams alone, where firmware does not ask for its bus numbers to be kept.
	verdict released-at-once "DMA to $START is none of firmware's any more" fault_seen $EDU $START
fi
log_mark
edu $EDU poke $BEYOND
sleep 1
verdict released "DMA to $BEYOND is none of firmware's: $(log_new | grep -m 1 "${BEYOND#0x}")" fault_seen $EDU $BEYOND
edu_mapped $EDU mapped
within 10 nvme_there $NVME
disk nvme $NVME "$(nvme_of $NVME)" 16
log_clean
