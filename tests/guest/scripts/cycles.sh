# The IOMMU's driver comes, devices move data, it goes: again and again, while a driver keeps asking for its device.
. /lab/lib.sh
. /lab/masters.sh
. /lab/owners.sh
. /lab/leaks.sh

COUNT=${labcycles:-25}
USED="$NVME $VBLK $EDU $EDU2"
MODULE=$(echo $IOMMU | tr - _)

users() { awk -v name=$MODULE '$1 == name { print $3 }' /proc/modules; }
gone() { ! grep -q "^$MODULE " /proc/modules; }
all_bound() { for d in $USED; do bound "$d" || return 1; done; }

# Its driver asks for a device over and over; /tmp/stop ends that. A kernel that looks for leaks needs longer
# than others to start rmmod, which would always come too late.
insist() {
	local pause=10000
	[ ! -e $KMEMLEAK ] || pause=200000
	while ! [ -e /tmp/stop ]; do
		echo $EDU2 > /sys/bus/pci/drivers_probe
		usleep $pause
	done 2> /dev/null
}

# The kernel tries again by itself what has been asked for and had to wait.
ask() { for d in $USED; do echo "$d" > /sys/bus/pci/drivers_probe; done 2> /dev/null; }

# Everything lets go and the module leaves; the one that insists may be faster a few times.
leave() {
	local tries=200
	while [ $tries -gt 0 ]; do
		for d in $USED; do unbind "$d" 2> /dev/null; done
		if rmmod $MODULE 2> /tmp/rmmod; then
			ask
			return 0
		fi
		tries=$((tries - 1))
		refusals=$((refusals + 1))
	done
	return 1
}

# One cycle; says what was wrong, or nothing.
cycle() {
	load_iommu || { echo "modprobe failed"; return; }
	within 20 all_bound || { echo "not all of $USED were bound"; return; }
	edu $EDU mapped
	data_right || { echo "$EDU: $result"; return; }
	within 10 nvme_there $NVME || { echo "no disk behind $NVME"; return; }
	got=$(dd if="/dev/$(nvme_of $NVME)" bs=64k count=16 iflag=direct 2> /dev/null | sha256sum)
	[ "$got" = "$want" ] || { echo "$NVME: its data were not what was written"; return; }
}

cycles() { # COUNT: leaves $wrong
	local left=$1
	wrong=
	rm -f /tmp/stop
	insist &
	while [ $left -gt 0 ] && [ -z "$wrong" ]; do
		wrong=$(cycle)
		[ -n "$wrong" ] || leave || wrong="rmmod: $(cat /tmp/rmmod)"
		left=$((left - 1))
	done
	touch /tmp/stop
	wait
}
again() { cycles $COUNT; }

load_masters
load_iommu
verdict bind "the devices are bound" within 15 all_bound
instances
within 10 nvme_there $NVME
dd if=/dev/urandom of=/tmp/blob bs=64k count=16 2> /dev/null
want=$(sha256sum < /tmp/blob)
dd if=/tmp/blob of="/dev/$(nvme_of $NVME)" bs=64k oflag=direct 2> /dev/null

said=$(rmmod $MODULE 2>&1)
verdict refused "rmmod while $(users) use it: ${said:-was not refused}" [ -n "$said" -a "$(users)" -gt 0 ]
refusals=0
# What is bound by now and not cycled would hold the module for ever.
unbind $E1000E
unbind $VNET
leaks_forget
cycles 3
hold_count
[ -n "$wrong" ] || again
verdict cycles "$COUNT times modprobe, DMA, rmmod; rmmod came too early $refusals times${wrong:+; $wrong}" [ -z "$wrong" ]
verdict module-gone "$IOMMU is not loaded" gone
verdict groups-gone "groups left: $(ls /sys/kernel/iommu_groups | wc -l)" [ -z "$(ls /sys/kernel/iommu_groups)" ]
verdict instances-gone "instances left: $(ls /sys/class/iommu | wc -l)" [ -z "$(ls /sys/class/iommu)" ]
count_again $COUNT again

load_iommu
verdict back "after all that, the devices are bound once more" within 15 all_bound
edu_mapped $EDU edu-mapped
leaks_are_none
log_clean
