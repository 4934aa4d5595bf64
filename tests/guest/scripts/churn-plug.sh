# Devices leave their slots and come back while they move data: switched off, gone by surprise, removed, by the button.
. /lab/lib.sh
. /lab/masters.sh
. /lab/owners.sh
. /lab/leaks.sh
. /lab/churn.sh

COUNT=${labcycles:-6}
FEW=3
PORTS="0000:00:0a.0 0000:00:0b.0 0000:00:0c.0 0000:00:0d.0"	# NVMe, virtio-blk, edu, e1000e
VIRTIO=0000:00:0b.0
SLTCTL=0x18	# in the PCI Express capability
POWER_OFF=0x700	# power controller and power indicator
INTERRUPT=0x20

in_port() { local d; for d in /sys/bus/pci/devices/"$1"/0000:??:00.0; do [ ! -e "$d" ] || echo "${d##*/}"; done; }
number_of() { case $1 in *a.0) echo 1 ;; *b.0) echo 2 ;; *c.0) echo 3 ;; *) echo 4 ;; esac; }
filled() { local d; for p in $PORTS; do d=$(in_port $p); [ -n "$d" ] && bound "$d" || return 1; done; }
empty() { for p in $PORTS; do [ -z "$(in_port $p)" ] || return 1; done; }
known() { # the devices of the slots, as the script's variables
	HOT_NVME=$(in_port 0000:00:0a.0)
	HOT_VBLK=$(in_port 0000:00:0b.0)
	HOT_EDU=$(in_port 0000:00:0c.0)
	HOT_E1000E=$(in_port 0000:00:0d.0)
	DISKS="$NVME $VBLK $HOT_NVME $HOT_VBLK"
	ALL="$DISKS $E1000E $VNET $EDU $EDU2 $HOT_EDU $HOT_E1000E"
}
members() { echo $(ls "/sys/bus/pci/devices/$1/iommu_group/devices"); }
alone() { local d; for p in $PORTS; do d=$(in_port $p); [ "$(members "$d")" = "$d" ] || return 1; done; }
hot_disks() { within 30 is_disk "$HOT_NVME" && within 30 is_disk "$HOT_VBLK"; }

byte() { hexdump -s "$2" -n 1 -e '1/1 "%u"' "/sys/bus/pci/devices/$1/config"; }
find_express() { # PORT: where its PCI Express capability is
	local at=$(byte "$1" 52)
	until [ "$(byte "$1" $at)" = 16 ]; do at=$(byte "$1" $((at + 1))); done
	echo $at
}

word_to() { # PORT OFFSET VALUE: into its configuration
	printf "\\x$(printf %x $(($3 & 255)))\\x$(printf %x $(($3 >> 8)))" |
		dd of="/sys/bus/pci/devices/$1/config" bs=2 seek=$(($2 / 2)) conv=notrunc 2> /dev/null
}

# QEMU takes the device out as soon as its slot has no power. The port's driver must not see that the
# power was off, or it would think that it knows of this: the interrupt comes when there is power again.
cut() { # PORT
	local at=$((express + SLTCTL)) old
	old=$(($(byte "$1" $at) + 256 * $(byte "$1" $((at + 1)))))
	word_to "$1" $at $(((old | POWER_OFF) & ~INTERRUPT))
	word_to "$1" $at $old
}

# What virtio_pci waits for in its reset never comes from a device that is no more: this one is switched off instead.
take() { # KIND PORT
	case $1$2 in
	power*|surprise$VIRTIO) echo 0 > /sys/bus/pci/slots/$(number_of "$2")/power ;;
	surprise*) cut "$2" ;;
	remove*) echo 1 > "/sys/bus/pci/devices/$(in_port "$2")/remove" ;;
	button*) say "HOST unplug hot$(number_of "$2")" ;;
	esac
}

put() { # KIND PORT
	case $1 in
	remove) echo 1 > "/sys/bus/pci/devices/$2/rescan" ;;
	*) say "HOST plug hot$(number_of "$2")" ;;
	esac
}

# DEVICE: until it goes, or its cycle is over
busy_card() {
	local cycle now
	read -r cycle < /tmp/at
	now=$cycle
	while [ "$now" = "$cycle" ] && [ ! -e /tmp/stop ] && bound "$1"; do
		fetch_by "$1" 10.0.4
		usleep 50000
		read -r now < /tmp/at
	done
} > /dev/null 2>&1

# The devices are in the middle of it when they go.
work() {
	busy_disk "$(disk_of "$HOT_NVME")" &
	busy_disk "$(disk_of "$HOT_VBLK")" &
	busy_card "$HOT_E1000E" &
	edu "$HOT_EDU" hold
	echo mapped > /sys/kernel/debug/edu_dma/$HOT_EDU/run 2> /dev/null &
	usleep 50000
}

# Where lockdep watches, it does until pciehp first takes a device: half of the cycles do without.
kind_of() { # NUMBER
	if [ -e $KMEMLEAK ] && [ $1 -le $((FEW + COUNT / 2)) ]; then
		echo remove
		return
	fi
	case $1 in
	*9) echo button ;;
	*[147]) echo power ;;
	*[258]) echo surprise ;;
	*) echo remove ;;
	esac
}

cycle() { # NUMBER
	local kind=$(kind_of $1)
	[ $kind = remove -o ! -e $KMEMLEAK ] || locks=${locks:-$(lockdep)}
	known
	work
	takers=
	for p in $PORTS; do
		take $kind $p &
		takers="$takers $!"
	done
	wait $takers
	within 60 empty || { wrong="$kind: $(for p in $PORTS; do in_port $p; done) did not go"; return; }
	within 5 groups_are "$without" || { wrong="$kind: groups without the devices: $(groups | tr '\n' ,)"; return; }
	case $kind in
	surprise|button) usleep 1500000 ;;	# the ports' driver does not look at slots that have just lost their power
	esac
	edu_works $EDU2 || { wrong="$kind: $EDU2: $result"; return; }
	for p in $PORTS; do put $kind $p; done
	within 60 filled || { wrong="$kind: not all came back: $(for p in $PORTS; do in_port $p; done)"; return; }
	within 5 groups_are "$first" || { wrong="$kind: groups: $(groups | tr '\n' ,)"; return; }
	known
	hot_disks || { wrong="$kind: a disk is missing"; return; }
	same "$(disk_of "$HOT_NVME")" || { wrong="$kind: data of $HOT_NVME are wrong"; return; }
	same "$(disk_of "$HOT_VBLK")" || { wrong="$kind: data of $HOT_VBLK are wrong"; return; }
	edu_works "$HOT_EDU" || { wrong="$kind: $HOT_EDU: $result"; return; }
}

load_iommu
load_masters
verdict bind "all devices bound" wait_bound
instances
verdict slots "the slots are filled: $(for p in $PORTS; do in_port $p; done | tr '\n' ' ')" within 15 filled
known
verdict isolated "groups of slots: $(for p in $PORTS; do members "$(in_port $p)"; done | tr '\n' ' ')" alone
hot_disks
express=$(find_express $VIRTIO)
make_blob
for d in "$(disk_of $NVME)" "$(disk_of $VBLK)" "$(disk_of "$HOT_NVME")" "$(disk_of "$HOT_VBLK")"; do fill "$d"; done
first=$(groups)
without=$(echo "$first" | grep -v " \($HOT_NVME\|$HOT_VBLK\|$HOT_EDU\|$HOT_E1000E\)$")
leaks_forget

churn $FEW "taken out and put back"
unchanged
disk after-nvme "$HOT_NVME" "$(disk_of "$HOT_NVME")" 16
edu_mapped "$HOT_EDU" after-edu
leaks_are_none $locks
log_quiet
