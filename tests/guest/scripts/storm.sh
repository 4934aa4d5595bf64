# A device that faults without end is put into quarantine, and let out of it.
. /lab/lib.sh
. /lab/masters.sh

quarantine=/sys/kernel/iommu_groups
quarantined() { [ "$(cat "$quarantine/$group/quarantine")" = 1 ]; }
data_wrong() { ! data_right; }

load_iommu
load_masters
verdict bind "all devices bound" wait_bound
instances
group=$(group_of $EDU)

log_mark
edu $EDU poke 0x5ead000
verdict one-fault "a single fault does no harm: quarantine is $(cat $quarantine/$group/quarantine)" eval "! quarantined"
log_mark
edu $EDU flood 0x5ead000
verdict storm "hundreds of faults at once: group $group goes into quarantine" within 5 quarantined
verdict storm-report "$(log_new | grep -m 1 'all its DMA is blocked' | sed 's/^\[[^]]*\] *//')" \
	eval "log_new | grep -q 'group $group: more than 100 faults within a second'"
lines=$(log_new | grep -c 'DMA fault')
verdict storm-lines "lines of faults in the log: $lines" [ "$lines" -gt 0 -a "$lines" -le 20 ]
edu $EDU mapped
verdict blocked "what is mapped for $EDU is out of its reach: $result" data_wrong
edu $EDU2 mapped
verdict others "$EDU2 is not disturbed" data_right
disks
echo 0 > $quarantine/$group/quarantine
edu_mapped $EDU back
echo 1 > $quarantine/$group/quarantine
edu $EDU mapped
verdict by-hand "and in again by hand: $result" data_wrong
echo 0 > $quarantine/$group/quarantine
edu_mapped $EDU again
log_clean
