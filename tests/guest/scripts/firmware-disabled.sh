# The firmware says that there is no IOMMU to use: devices work without one.
. /lab/lib.sh
. /lab/masters.sh

load_iommu
load_masters
verdict bind "all devices bound" wait_bound
verdict groups "no group exists" [ -z "$(ls /sys/kernel/iommu_groups)" ]
disks
log_clean
