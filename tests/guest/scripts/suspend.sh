# To sleep and back: what was mapped stays mapped, and data moves afterwards.
. /lab/lib.sh
. /lab/masters.sh

# asleep NAME LEVEL: down to a level of pm_test and back, a second later
asleep() {
	local said
	echo "$2" > /sys/power/pm_test
	said=$(echo freeze 2>&1 > /sys/power/state)
	verdict "$1" "suspend to idle, tested to the level of $2${said:+: $said}" [ -z "$said" ]
	echo none > /sys/power/pm_test
}

load_iommu
load_masters
verdict bind "all devices bound" wait_bound
instances
echo 1 > /sys/module/suspend/parameters/pm_test_delay
edu $EDU hold
kept=$iova
asleep devices devices
# Only data that the device wrote to its own page after waking makes this differ from what was there.
edu $EDU poke "$kept"
edu $EDU held
verdict kept "DMA to $kept, mapped before and after: data arrived" eval "! data_right"
edu_mapped $EDU edu-mapped
asleep platform platform
disks
cards
edu_mapped $EDU2 edu-again
if [ "$labtype" = DMA ]; then edu_wild; fi
log_clean
