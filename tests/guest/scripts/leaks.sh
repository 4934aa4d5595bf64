# What the machine holds, before and after.  Sourced by the scenarios.

KMEMLEAK=/sys/kernel/debug/kmemleak

# what the machine holds once caches are dropped and deferred work is done
settle() {
	sync
	sleep 1
	echo 3 > /proc/sys/vm/drop_caches
	sleep 1
}
# Each processor adds its part to these numbers when it comes to it: now.
add_up() { echo 1 > /proc/sys/vm/stat_refresh; }
meminfo() { add_up; awk -v name="$1:" '$1 == name { print $2 }' /proc/meminfo; }
vmstat() { add_up; awk -v name="$1" '$1 == name { print $2 }' /proc/vmstat; }
pins() { echo $(($(vmstat nr_foll_pin_acquired) - $(vmstat nr_foll_pin_released))); }

# Name, objects in use: exact, as the kernel was told to keep the callers of these caches (LEDGER in tests/boot/scenarios.py).
# Trackers of references keep those that were given back, by the hundred: they are not counted.
slabs() {
	{
		callers | awk '$2 ~ /^ref_tracker_alloc/ { print $1, -$3 }'
		awk '$1 ~ /^(kmalloc|iommu|iova|task_struct|mm_struct|filp)/ { print $1, $2 }' /proc/slabinfo
	} | awk '{ count[$1] += $2 } END { for (name in count) print name, count[name] }'
}

# grown LIMIT BEFORE AFTER: caches that have that many objects more, with their growth
grown() {
	awk -v limit="$1" 'NR == FNR { before[$1] = $2; next }
		$2 - before[$1] >= limit { printf "%s+%d ", $1, $2 - before[$1] }' "$2" "$3"
}

# GROWN AGAIN: what has grown both times
in_both() { for cache in $1; do case " $2" in *" ${cache%+*}+"*) printf '%s ' "$cache" ;; esac; done; }

# Cache, caller, objects
callers() {
	local file
	for file in /sys/kernel/debug/slab/kmalloc-*/alloc_traces; do
		[ ! -e "$file" ] || awk -v name="$(basename "${file%/*}")" '$1 ~ /^[0-9]+$/ { print name, $2, $1 }' "$file"
	done
}

# Who has that many objects more than when callers went to /tmp/callers
more_callers() { # LIMIT
	callers | awk -v limit="$1" 'NR == FNR { before[$1 $2] += $3; next } { now[$1 " " $2] += $3 }
		END { for (who in now) { split(who, part, " "); more = now[who] - before[part[1] part[2]]; if (more >= limit) print who, "+" more } }' \
		/tmp/callers - | while read -r line; do say "grown: $line"; done
}

# --- what is left behind by what comes and goes many times

hold_count() {
	settle
	pages=$(vmstat nr_iommu_pages)
	percpu=$(meminfo Percpu)
	slabs > /tmp/before
	callers > /tmp/callers
}

no_more_pages() { [ "$(vmstat nr_iommu_pages)" -le "$pages" ]; }

# An object that every second cycle leaves behind shows each time; what is needed once, or was late to be freed, does
# not. AGAIN makes as many cycles as were made since hold_count. Pages must all be back: nothing of what came and
# went is mapped by then.
count_again() { # CYCLES AGAIN
	local more limit=$(($1 / 2))
	settle
	within 10 no_more_pages
	verdict leak-pages "nr_iommu_pages $pages before, $(vmstat nr_iommu_pages) after" no_more_pages
	verdict leak-percpu "Percpu $percpu kB before, $(meminfo Percpu) kB after" [ "$percpu" = "$(meminfo Percpu)" ]
	slabs > /tmp/after
	more=$(grown $limit /tmp/before /tmp/after)
	if [ -n "$more" ]; then
		say "grown: $more"
		more_callers $limit
		$2
		settle
		slabs > /tmp/again
		more=$(in_both "$more" "$(grown $limit /tmp/after /tmp/again)")${wrong:+ and then $wrong}
	fi
	verdict leak-slab "$(wc -l < /tmp/after) caches, $(wc -l < /tmp/callers) callers; grown by $limit objects or more: ${more:-none}" \
		[ -s /tmp/after -a -s /tmp/callers -a -z "$more" ]
}

# --- objects that nothing points to any more, on kernels that look for them

lockdep() { awk '$1 == "debug_locks:" { print $2 }' /proc/lockdep_stats; }
scan() { sleep 6; echo scan > $KMEMLEAK && echo scan > $KMEMLEAK; }

# Nothing is said of what was lost before; that something would be said is tried out.
leaks_forget() {
	[ -e $KMEMLEAK ] || return
	edu $EDU leak
	scan
	verdict leaks-seen "kmemleak finds what was lost on purpose" grep -q edu_dma $KMEMLEAK
	echo clear > $KMEMLEAK
}

# Objects that are in no list and behind no pointer, and the checks of locks still being made, or as they were.
leaks_are_none() { # [DEBUG-LOCKS]
	local locks=${1:-$(lockdep)}
	[ -e $KMEMLEAK ] || return
	scan
	cat $KMEMLEAK > /tmp/leaks
	while read -r line; do say "$line"; done < /tmp/leaks
	verdict leaks "$(grep -c unreferenced /tmp/leaks) objects lost, lockdep's debug_locks: $locks" [ ! -s /tmp/leaks -a "$locks" = 1 ]
}
