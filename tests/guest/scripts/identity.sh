# iommu.passthrough=1: the administrator asked for no translation.
. /lab/lib.sh
. /lab/masters.sh

load_iommu
load_masters
verdict bind "all devices bound" wait_bound
instances
disks
cards
edu_mapped $EDU edu-mapped
log_clean
