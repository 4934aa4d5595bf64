# The IOMMU is reset under devices that use it, as an administrator does with one that was given up.
. /lab/lib.sh
. /lab/masters.sh

TIMES=5

# Reset, and it says that it runs
reset_once() { echo 1 > "$unit/reset" && [ "$(cat "$unit/state")" = running ]; }
reset_all() { for i in $(seq $TIMES); do reset_once || return 1; done; }

load_iommu
load_masters
verdict bind "all devices bound" wait_bound
instances
unit=$(echo /sys/class/iommu/*/virtio-iommu)
verdict state "it says that it is running" [ "$(cat "$unit/state")" = running ]
edu $EDU hold
kept=$iova
verdict reset "reset $TIMES times" reset_all
# Only data that the device wrote to its own page after the reset makes this differ from what was there.
edu $EDU poke "$kept"
edu $EDU held
verdict kept "DMA to $kept, mapped before and after: data arrived" eval "! data_right"
disks
cards
edu_mapped $EDU2 edu-again
edu_wild
verdict again "and once more" reset_once
edu_mapped $EDU edu-mapped
log_clean
