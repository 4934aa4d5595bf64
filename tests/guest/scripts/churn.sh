# What drivers and devices that come and go leave behind, and traffic that goes on meanwhile.  Sourced by the scenarios.

TROUBLE='WARNING|BUG[: ]|Oops|Call trace|timed out|timeout|blocked for more|stalls on|DMA-API: .*: |ODEBUG|refcount_t'
BLOCKS=4	# of 64 KiB, compared after each cycle, at the start of each disk

# --- traffic: what fails because its device has gone is tried again until /tmp/stop is there

until_stop() { while ! [ -e /tmp/stop ]; do "$@"; usleep 50000; done > /dev/null 2>&1; }
# Without a process of its own, as all that is done in every cycle: a guest that is emulated takes long for each.
disk_of() {
	local d
	for d in /sys/bus/pci/devices/"$1"/nvme/nvme*/nvme*n1 /sys/bus/pci/devices/"$1"/virtio*/block/*; do
		[ ! -e "$d" ] || echo "${d##*/}"
	done
}
is_disk() { [ -b "/dev/$(disk_of "$1")" ]; }
read_some() { dd if="/dev/$1" of=/dev/null bs=64k count=$BLOCKS iflag=direct; }
# Through a node of its own: a file would be made in /dev if the disk has just gone.
write_some() { # BLOCKDEV
	rm -f "/tmp/$1"
	IFS=: read -r major minor < "/sys/class/block/$1/dev" && mknod "/tmp/$1" b "$major" "$minor" &&
		dd if=/tmp/blob of="/tmp/$1" bs=64k seek=512 oflag=direct
}
use_disks() { for d in $NVME $VBLK; do is_disk $d && read_some "$(disk_of $d)" && write_some "$(disk_of $d)"; done; }
# BLOCKDEV: without a pause, until it fails
busy_disk() { while read_some "$1" && write_some "$1"; do :; done; } > /dev/null 2>&1

fetch_by() { # DEVICE NET
	local if=$(netdev_of "$1")
	[ -n "$if" ] || return 1
	ip addr add "$2.15/24" dev "$if"
	ip link set "$if" up
	sleep 1
	timeout 5 fetch "$2.2" "$labport"
}
use_cards() { fetch_by $E1000E 10.0.2; fetch_by $VNET 10.0.3; }

traffic() {
	rm -f /tmp/stop
	until_stop use_disks &
	until_stop use_cards &
	echo none > /tmp/at
	watch &
}
traffic_end() { touch /tmp/stop; wait; }

# --- data: the start of a disk is what was written to it before the first cycle

fill() { dd if=/tmp/blob of="/dev/$1" bs=64k oflag=direct 2> /dev/null; }
same() { dd if="/dev/$1" bs=64k count=$BLOCKS iflag=direct 2> /dev/null | cmp -s - /tmp/blob; }
make_blob() { dd if=/dev/urandom of=/tmp/blob bs=64k count=$BLOCKS 2> /dev/null; }

# --- what must be as it was: the groups, by their members, as their numbers may change

groups() {
	for g in /sys/kernel/iommu_groups/*; do
		cd "$g/devices" && read -r type < ../type && echo $type *
	done 2> /dev/null | sort
}
groups_are() { [ "$(groups)" = "$1" ]; }

# One cycle that takes so long does not end any more: who waits for what goes to the log.
PATIENCE=120
watch() {
	local at last= seconds=0
	until [ -e /tmp/stop ]; do
		read -r at < /tmp/at
		[ "$at" = "$last" ] || seconds=0
		last=$at
		[ $seconds -ne $PATIENCE ] || echo w > /proc/sysrq-trigger
		seconds=$((seconds + 1))
		sleep 1
	done
}

# cycle NUMBER is the scenario's; it leaves in $wrong what was wrong.
made=0
cycles() { # COUNT
	local end=$((made + $1))
	wrong=
	traffic
	while [ $made -lt $end ] && [ -z "$wrong" ]; do
		made=$((made + 1))
		say "cycle $made"
		echo $made > /tmp/at
		cycle $made
		[ -z "$wrong" ] || wrong="cycle $made: $wrong"
	done
	traffic_end
}
again() {
	bring_back
	cycles $COUNT
	let_go
}

# What is counted must not depend on where a device has its buffers: no driver has any. The scenario's $ALL are the
# devices.
let_go() { for d in $ALL; do unbind "$d"; done; }
bring_back() {
	for d in $ALL; do bound "$d" || echo "$d" > /sys/bus/pci/drivers_probe; done
	for d in $DISKS; do within 30 is_disk "$d"; done
}

# What is allocated once is allocated by the first few, which do not count.
churn() { # FIRST-FEW WHAT
	cycles "$1"
	let_go
	hold_count
	[ -n "$wrong" ] || again
	verdict cycles "$COUNT times $2${wrong:+; $wrong}" [ -z "$wrong" ]
}

# All is there again, in its group, and nothing more.
unchanged() {
	count_again $COUNT again
	bring_back
	verdict kept "all devices are bound" wait_bound
	verdict groups "groups as they were: $(groups | wc -l)" groups_are "$first"
}

# The log without what lockdep says of pciehp, which takes its reset_lock on either side of that of PCI's rescan.
not_of_pciehp() {
	awk '/possible circular locking dependency detected/ { block = 1; text = ""; base = 0 }
		block { text = text $0 "\n"; base = base || /ctrl->reset_lock/ }
		!block { print }
		block && /Call trace:/ { block = 0; if (!base) printf "%s", text }'
}

log_quiet() {
	bad=$(dmesg | not_of_pciehp | grep -E "$TROUBLE" | grep -v -e lab: -e 'Command line' | head -n 1)
	verdict log "no warning, oops, timeout or misuse${bad:+: $bad}" [ -z "$bad" ]
}
