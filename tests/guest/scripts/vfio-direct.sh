# Firmware wants memory of a device mapped 1:1 at all times: user space cannot own it.
. /lab/lib.sh
. /lab/masters.sh
. /lab/owners.sh

START=0x7f000000

load_iommu
load_masters
load_vfio
wait_bound
region=$(grep direct "/sys/kernel/iommu_groups/$(group_of $EDU)/reserved_regions")
verdict region "reserved in $EDU's group: ${region:-nothing}" [ "${region#0x000000007f000000 0x000000007f00ffff direct}" != "$region" ]
log_mark
edu $EDU poke $START
sleep 1
verdict reachable "DMA to $START: $result, no fault" eval "! fault_seen $EDU $START"
take_away $EDU
for way in container iommufd; do
	log_mark
	said=$(vfio take $way edu $EDU)
	verdict $way-refused "$EDU asked for: $said" eval "[ -n '$said' -a '$said' != taken ]"
	reason $way-reason $EDU "1:1"
done
edu_back back
log_clean
