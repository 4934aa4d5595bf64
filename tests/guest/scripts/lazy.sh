# The IOMMU first, deferred invalidation.
. /lab/lib.sh
. /lab/masters.sh

load_iommu
load_masters
verdict bind "all devices bound" wait_bound
instances
disks
cards
edu_mapped $EDU edu-mapped
edu_wild
log_clean
