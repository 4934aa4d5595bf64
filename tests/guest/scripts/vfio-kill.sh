# Processes that own devices die at random points; the kernel cleans up after them.
. /lab/lib.sh
. /lab/masters.sh
. /lab/owners.sh
. /lab/leaks.sh

KILLS=100	# of each device, by both ways in turn

both_killed() { # COUNT SEED: leaves the two outputs in /tmp
	rm -f /tmp/killed-*
	vfio kill edu $EDU "$1" "$2" 0 > /tmp/edu && touch /tmp/killed-edu &
	vfio kill e1000e $E1000E "$1" $(($2 + 1)) 1 > /tmp/e1000e && touch /tmp/killed-e1000e &
	wait
}

load_iommu
load_masters
load_vfio
verdict bind "all devices bound" wait_bound
take_away $EDU
take_away $E1000E
both_killed 8 1
settle
pages=$(vmstat nr_iommu_pages)
tables=$(meminfo SecPageTables)
pinned=$(pins)
slabs > /tmp/before

both_killed $KILLS $RANDOM
verdict killed-edu "$(cat /tmp/edu)" [ -e /tmp/killed-edu ]
verdict killed-e1000e "$(cat /tmp/e1000e)" [ -e /tmp/killed-e1000e ]
settle
slabs > /tmp/after
verdict leak-pages "nr_iommu_pages $pages before, $(vmstat nr_iommu_pages) after" \
	[ -n "$pages" -a "$pages" = "$(vmstat nr_iommu_pages)" ]
verdict leak-tables "SecPageTables $tables kB before, $(meminfo SecPageTables) kB after" \
	[ -n "$tables" -a "$tables" = "$(meminfo SecPageTables)" ]
verdict leak-pins "pages pinned: $pinned before, $(pins) after, $(vmstat nr_foll_pin_acquired) pins in all" \
	[ "$(vmstat nr_foll_pin_acquired)" -gt $KILLS -a "$pinned" = "$(pins)" ]
left=$(grep -c vfio /proc/interrupts)
verdict leak-interrupts "$left interrupts of VFIO are left" [ "$left" -eq 0 ]
# An object that every second death leaves behind would be 50 of them for each way, and 50 more the next time:
# what the allocator has at hand by chance does not grow again.
more=$(grown $((KILLS / 2)) /tmp/before /tmp/after)
if [ -n "$more" ]; then
	both_killed $KILLS $RANDOM
	settle
	slabs > /tmp/again
	more=$(in_both "$more" "$(grown $((KILLS / 2)) /tmp/after /tmp/again)")
fi
verdict leak-slab "$(wc -l < /tmp/after) caches; grown by $((KILLS / 2)) objects or more: ${more:-none}" \
	[ -s /tmp/after -a -z "$more" ]

# QEMU does not reset the card when VFIO does: its next owner must, and the kernel's driver does so too late.
vfio take container e1000e $E1000E > /tmp/taken
verdict killed-taken "$E1000E after all that: $(cat /tmp/taken)" grep -q taken /tmp/taken
edu_back killed-edu-back
e1000e_back killed-e1000e-back
log_clean
