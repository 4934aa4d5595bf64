# What every scenario uses. Each check is one line in the kernel's log, so that
# it cannot be torn by messages of the kernel: "lab: PASS name: detail".

NVME=0000:00:01.0
E1000E=0000:00:02.0
VNET=0000:00:03.0
VBLK=0000:00:04.0
EDU=0000:00:05.0
EDU2=0000:00:06.0
TRACE=/sys/kernel/tracing

# The IOMMU: its module, those that bring it, its name in /sys/class/iommu, the type of the window that MSIs are written to.
case "$labiommu" in
virtio)
	IOMMU=virtio-iommu
	BROUGHT_BY=virtio_pci
	INSTANCE='^[0-9a-f:]*\.[0-7]$'	# the PCI function that it is
	WINDOW='0x0000000008090000 0x000000000809ffff msi'
	;;
*)
	IOMMU=arm-smmu-v3
	BROUGHT_BY=
	INSTANCE='^smmu3\.'
	WINDOW='0x0000000008000000 0x00000000080fffff msi'
	;;
esac

say() { echo "<5>lab: $*" > /dev/kmsg; }
pass() { local name=$1; shift; say "PASS $name: $*"; }
fail() { local name=$1; shift; say "FAIL $name: $*"; }

# verdict NAME DETAIL COMMAND...: the command's status decides
verdict() {
	local name=$1 detail=$2
	shift 2
	if "$@" > /dev/null 2>&1; then pass "$name" "$detail"; else fail "$name" "$detail"; fi
}

# within SECONDS COMMAND...: true as soon as the command is
within() {
	local left=$(($1 * 10))
	shift
	until "$@" > /dev/null 2>&1; do
		left=$((left - 1))
		[ $left -gt 0 ] || return 1
		usleep 100000
	done
}

bound() { [ -e "/sys/bus/pci/devices/$1/driver" ]; }
group_of() { basename "$(readlink "/sys/bus/pci/devices/$1/iommu_group")"; }
group_type() { cat "/sys/bus/pci/devices/$1/iommu_group/type"; }
unit_of() { basename "$(readlink "/sys/bus/pci/devices/$1/iommu")"; }
nvme_of() { ls "/sys/bus/pci/devices/$1"/nvme/nvme* 2> /dev/null | grep -m 1 '^nvme.*n1$'; }
nvme_there() { [ -b "/dev/$(nvme_of "$1")" ]; }
netdev_of() { ls "/sys/bus/pci/devices/$1/net" "/sys/bus/pci/devices/$1"/virtio*/net 2> /dev/null |
	grep -v -e : -e '^$' | head -n 1; }
blockdev_of() { ls "/sys/bus/pci/devices/$1"/virtio*/block 2> /dev/null | head -n 1; }

load_iommu() { for module in $BROUGHT_BY $IOMMU; do modprobe $module; done; }
load_masters() {
	modprobe nvme
	modprobe e1000e
	modprobe virtio_pci
	modprobe virtio_net
	modprobe virtio_blk
	modprobe edu_dma ${labbits:+bits=$labbits}
}

# --- evidence of translation: the map and unmap events of the IOMMU core

trace_clear() {
	echo 0 > $TRACE/tracing_on
	echo > $TRACE/trace
	echo 1 > $TRACE/events/iommu/map/enable
	echo 1 > $TRACE/events/iommu/unmap/enable
	echo 1 > $TRACE/tracing_on
}

# events seen since trace_clear, those that the ring has dropped included
trace_count() {
	echo 0 > $TRACE/tracing_on
	cat $TRACE/per_cpu/cpu*/stats |
		awk '$1 == "entries:" || $1 == "overrun:" || $1 == "dropped" { n += $NF } END { print n + 0 }'
}

# translated NAME DEVICE: did the I/O since trace_clear go through mappings?
translated() {
	local count=$(trace_count)
	if [ "${labtype:-DMA}" = identity ]; then
		verdict "$1-translation" "no map or unmap in an identity domain ($count)" [ "$count" -eq 0 ]
	else
		verdict "$1-translation" "$count map and unmap events, group type $(group_type "$2")" [ "$count" -gt 0 ]
	fi
}

# --- disks

# disk NAME DEVICE BLOCKDEV MIB: write, forget, read back, compare
disk() {
	local want got
	trace_clear
	want=$(dd if=/dev/urandom of=/tmp/blob bs=1M count=$4 2> /dev/null; sha256sum < /tmp/blob)
	dd if=/tmp/blob of="/dev/$3" bs=1M 2> /dev/null
	sync
	echo 3 > /proc/sys/vm/drop_caches
	blockdev --flushbufs "/dev/$3" 2> /dev/null
	got=$(dd if="/dev/$3" bs=1M count=$4 2> /dev/null | sha256sum)
	rm -f /tmp/blob
	verdict "$1" "$4 MiB written to $3, caches dropped, read back, compared" [ "$want" = "$got" ]
	translated "$1" "$2"
}

# --- network: each card has a user network of its own, the host is .2 in it

# download NAME DEVICE NET: get the host's file through that card
download() {
	local if=$(netdev_of "$2") got
	ip addr add "$3.15/24" dev "$if"
	ip link set "$if" up
	within 15 ping -c 1 -W 1 -I "$if" "$3.2"
	trace_clear
	got=$(fetch "$3.2" "$labport" | sha256sum | cut -d ' ' -f 1)
	ip link set "$if" down
	verdict "$1" "file fetched over ${if:-no interface}, sha256 $(echo "$got" | cut -c 1-8), on the host $(echo "$labsum" | cut -c 1-8)" \
		[ "$got" = "$labsum" ]
	translated "$1" "$2"
}

# --- edu: DMA to chosen addresses

edu() { # DEVICE COMMAND...: leaves $result, $iova and $phys
	local dir=/sys/kernel/debug/edu_dma/$1
	shift
	# The driver counts as bound from before its probe
	within 5 [ -e "$dir/result" ]
	echo "$*" > "$dir/run"
	result=$(cat "$dir/result")
	iova=$(echo "$result" | sed -n 's/.*iova=\(0x[0-9a-f]*\).*/\1/p')
	phys=$(echo "$result" | sed -n 's/.*phys=\(0x[0-9a-f]*\).*/\1/p')
}

data_right() { case "$result" in *data=right) ;; *) return 1 ;; esac; }

# mark where the log stands, so that later checks see only what is new
log_mark() { mark="mark $RANDOM$RANDOM"; say "$mark"; }
log_new() { dmesg | sed "1,/lab: $mark\$/d" | grep -v lab:; }

# The base prints the raw event record of an SMMU, 64 bits a line: StreamID, then address; of virtio, endpoint and address.
fault_of_base() { # DEVICE ADDRESS
	local sid=$(printf '%x' $((0x$(echo "$1" | cut -c 6-7) * 256 + 0x$(echo "$1" | cut -c 9-10) * 8)))
	case "$(unit_of "$1")" in
	smmu3.*) ;;
	*) log_new | grep -q "from EP $((0x$sid)) at $2 "; return ;;
	esac
	log_new | grep -q "event 0x1[0-3] received" && log_new | grep -q "0x0*$sid[0-9a-f]\{8\}\$" &&
		log_new | grep -q "0x0*${2#0x}\$"
}
# QEMU's virtio-iommu does not say what an access to an address without a mapping was.
fault_of_ours() {
	local verb="write to"
	case "$(unit_of "$1")" in smmu3.*) ;; *) verb="\(write\|access\) to" ;; esac
	log_new | grep "$1" | grep -q "$verb 0x0*${2#0x}\([^0-9a-f]\|\$\)"
}
fault_seen() {
	if [ -n "$labbase" ]; then fault_of_base "$1" "$2"; else fault_of_ours "$1" "$2"; fi
}

# stopped NAME DEVICE ADDRESS WHAT: the last command's memory and the report of it
stopped() {
	verdict "$1-memory" "$4: memory as it was" data_right
	if within 3 fault_seen "$2" "$3"; then
		pass "$1-report" "$(log_new | grep "${3#0x}" | head -n 1 | sed 's/^\[[^]]*\] *//')"
	else
		fail "$1-report" "no line in the log names $2 and $3"
	fi
}
