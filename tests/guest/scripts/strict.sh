# Drivers of devices come first, the IOMMU's module late: all of them wait for it.
. /lab/lib.sh
. /lab/masters.sh

load_masters
sleep 1
early=
for d in $NVME $E1000E $VNET $VBLK $EDU $EDU2; do bound $d && early="$early $d"; done
verdict deferral "drivers loaded before the IOMMU's: bound too early:${early:- none}" [ -z "$early" ]
load_iommu
verdict deferral-end "all devices bound once the IOMMU was there" wait_bound
instances
disks
cards
edu_mapped $EDU edu-mapped
edu_wild
log_clean
