# The SMMU has no interrupts: it says so, works, or refuses; it never hangs or opens.
. /lab/lib.sh
. /lab/masters.sh

load_iommu
load_masters
sleep 2
said=$(dmesg | grep -v lab: | grep -i smmu | grep -i -m 1 -e irq -e interrupt)
verdict message "${said:-nothing in the log of interrupts}" [ -n "$said" ]
if bound $NVME; then
	disks
	log_mark
	edu $EDU2 hold
	edu $EDU poke "$iova"
	edu $EDU2 held
	verdict closed "DMA to what only another device has: memory as it was" data_right
else
	pass closed "the driver refused, so no device bound"
fi
log_clean
