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
again() { both_killed $KILLS $RANDOM; }

load_iommu
load_masters
load_vfio
verdict bind "all devices bound" wait_bound
take_away $EDU
take_away $E1000E
both_killed 8 1
hold_count
tables=$(meminfo SecPageTables)
pinned=$(pins)

again
verdict killed-edu "$(cat /tmp/edu)" [ -e /tmp/killed-edu ]
verdict killed-e1000e "$(cat /tmp/e1000e)" [ -e /tmp/killed-e1000e ]
count_again $KILLS again
verdict leak-tables "SecPageTables $tables kB before, $(meminfo SecPageTables) kB after" \
	[ -n "$tables" -a "$tables" = "$(meminfo SecPageTables)" ]
verdict leak-pins "pages pinned: $pinned before, $(pins) after, $(vmstat nr_foll_pin_acquired) pins in all" \
	[ "$(vmstat nr_foll_pin_acquired)" -gt $KILLS -a "$pinned" = "$(pins)" ]
left=$(grep -c vfio /proc/interrupts)
verdict leak-interrupts "$left interrupts of VFIO are left" [ "$left" -eq 0 ]

# QEMU does not reset the card when VFIO does: its next owner must, and the kernel's driver does so too late.
vfio take container e1000e $E1000E > /tmp/taken
verdict killed-taken "$E1000E after all that: $(cat /tmp/taken)" grep -q taken /tmp/taken
edu_back killed-edu-back
e1000e_back killed-e1000e-back
log_clean
