# One cell of the matrix: two masters, and an IOMMU that is there before them, late, or not at all.
# The command line says which (labwhen) and what the policy is (labmissing).
. /lab/lib.sh
. /lab/masters.sh

PENDING=/sys/kernel/debug/devices_deferred

both() { "$@" $NVME && "$@" $EDU; }
neither() { ! "$@" $NVME && ! "$@" $EDU; }
waiting() { grep -q "^$1" $PENDING; }
grouped() { [ -e "/sys/bus/pci/devices/$1/iommu_group" ]; }
came() { ls /sys/class/iommu | grep -q .; }
drivers() { for d in $NVME $EDU; do basename "$(readlink "/sys/bus/pci/devices/$d/driver")" 2> /dev/null || echo none; done; }
refused() { dmesg | grep -q "$1: not bound, as"; }
goes_on() { verdict "goes-on-$1" "$(sed -n "s/^$2[[:space:]]*//p" $PENDING)" eval "waiting $2 && ! bound $2"; }

load() { for module in $(echo "$1" | tr , ' '); do modprobe "$module"; done; }

iommu() {
	say "step iommu"
	load "$labload"
}

clients() {
	say "step clients"
	modprobe nvme
	modprobe edu_dma bits="$labbits"
}

# What devices do for DMA: behind the IOMMU, or as if there were none
io() { # NAME TYPE
	labtype=$2
	edu_mapped $EDU "$1-edu"
	# A disk that is cut off takes minutes to say so
	if ! data_right; then
		fail "$1-nvme" "not tried, as DMA does not get through"
		fail "$1-nvme-translation" "not tried"
		return
	fi
	within 10 nvme_there $NVME
	disk "$1-nvme" $NVME "$(nvme_of $NVME)" 4
}

behind() {
	verdict behind "groups of type $(group_type $NVME) and $(group_type $EDU)" both has_type DMA
	io behind DMA
}
has_type() { [ "$(group_type "$2")" = "$1" ]; }

direct() {
	verdict apart "groups: $(ls /sys/kernel/iommu_groups | wc -l)" neither grouped
	io direct identity
}

# The IOMMU has come under drivers that do without: it lets them pass
stays() {
	verdict stays "groups of type $(group_type $NVME) and $(group_type $EDU)" both has_type identity
	io stays identity
}

# In tenths of a second; digits after a nought would be octal
time_of() { dmesg | grep -m 1 -F "$1" | sed -e 's/^\[ *\([0-9]*\)\.\([0-9]\).*/\1\2/' -e 's/^0\([0-9]\)/\1/'; }

# Nothing is decided until drivers had their time: three seconds after the last of the kernel's own. On a machine
# so slow that these are over when the clients' modules come there is nothing to see.
wait_for_it() {
	say "step waiting"
	local since=$(($(time_of "lab: step waiting") - $(time_of "Run /init as init process")))
	local names="drivers: $(echo $(drivers)); waiting: $(tr '\t\n' ' ;' < $PENDING)"
	if neither bound && both waiting; then
		pass waits "$names"
	else
		verdict waits "decided within $since tenths of a second of the kernel's start; $names" [ $since -gt 15 ]
	fi
	case $labmissing in
	defer)
		sleep 4
		goes_on nvme $NVME
		goes_on edu $EDU
		;;
	bypass)
		verdict bound "drivers: $(echo $(drivers))" within 20 both bound
		direct
		;;
	fail)
		within 20 both refused
		verdict refused "drivers: $(echo $(drivers)); waiting: $(wc -l < $PENDING)" eval "neither bound && neither waiting"
		;;
	esac
}

rebind() {
	say "step rebind"
	for d in $NVME $EDU; do
		[ ! -e "/sys/bus/pci/devices/$d/driver" ] || echo $d > "/sys/bus/pci/devices/$d/driver/unbind"
		echo $d > /sys/bus/pci/drivers_probe
	done
	verdict rebound "drivers: $(echo $(drivers))" within 5 both bound
}

arrive() {
	iommu
	verdict instance "$(ls /sys/class/iommu)" within 10 came
	case $labmissing in
	defer) verdict bound "drivers: $(echo $(drivers))" within 10 both bound ;;
	bypass) stays ;;
	fail) verdict unbound "drivers: $(echo $(drivers))" neither bound ;;
	esac
	[ $labmissing = defer ] || rebind
	behind
}

[ -z "$labacpi" ] || acpi
for module in $(echo "$labgone" | tr , ' '); do
	find /lib/modules -name "$module.ko*" -exec rm {} +
done

case $labwhen in
first | disabled)
	iommu
	clients
	verdict bound "drivers: $(echo $(drivers))" within 5 both bound
	if [ $labwhen = first ]; then behind; else direct; fi
	;;
absent | failing)
	iommu 2> /dev/null
	clients
	wait_for_it
	;;
late)
	clients
	wait_for_it
	arrive
	;;
esac
log_clean
