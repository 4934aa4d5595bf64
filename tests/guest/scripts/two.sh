# Two IOMMUs, each with devices of its own, whose modules come one after the other.
. /lab/lib.sh
. /lab/masters.sh

NVME2=0001:41:00.0
FAR=0001:42:00.0	# an edu behind the second one
FIRST="$NVME $E1000E $VNET $VBLK $EDU $EDU2"
SECOND="$NVME2 $FAR"

load() { for module in $(echo "$1" | tr , ' '); do modprobe "$module"; done; }
all_bound() { for d in "$@"; do bound "$d" || return 1; done; }
none_bound() { for d in "$@"; do ! bound "$d" || return 1; done; }

load_masters
sleep 1
verdict deferral "no device is bound before an IOMMU's driver is there" none_bound $FIRST $SECOND
load "$labload1"
if [ "$labnear" = 1 ]; then now=$FIRST later=$SECOND; else now=$SECOND later=$FIRST; fi
verdict early "with $labload1: bound are $now" within 15 all_bound $now
verdict early-others "$later wait for theirs" none_bound $later
load "$labload2"
verdict late "with $labload2: bound are $later" within 15 all_bound $later

near=$(unit_of $EDU)
far=$(unit_of $FAR)
verdict units "$EDU is behind ${near:-nothing}, $FAR behind ${far:-nothing}" [ -n "$near" -a -n "$far" -a "$near" != "$far" ]
for d in $FIRST $SECOND; do
	verdict "behind-$d" "behind $(unit_of "$d"), group $(group_of "$d"), type $(group_type "$d")" \
		[ "$(group_type "$d")" = "$labtype" -a "$(unit_of "$d")" = "$(case " $FIRST " in *" $d "*) echo "$near" ;; *) echo "$far" ;; esac)" ]
done
within 10 nvme_there $NVME
within 10 nvme_there $NVME2
disk nvme $NVME "$(nvme_of $NVME)" 32
disk nvme2 $NVME2 "$(nvme_of $NVME2)" 32
disk virtio-blk $VBLK "$(blockdev_of $VBLK)" 16
cards
for which in near far; do
	if [ $which = near ]; then d=$EDU other=$FAR; else d=$FAR other=$EDU; fi
	edu_mapped $d $which-mapped
	log_mark
	edu $d stale
	stopped $which-stale $d "$iova" "DMA to $iova after its unmap"
	# What one IOMMU has mapped, a device behind the other cannot reach.
	log_mark
	edu $other hold
	edu $d poke "$iova"
	poked=$iova
	edu $other held
	stopped $which-crossed $d "$poked" "DMA of $d to $poked, which only $other has"
done
log_clean
