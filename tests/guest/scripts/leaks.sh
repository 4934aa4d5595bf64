# What the machine holds, before and after.  Sourced by the scenarios.

KMEMLEAK=/sys/kernel/debug/kmemleak

# what the machine holds once caches are dropped and deferred work is done
settle() {
	sync
	sleep 1
	echo 3 > /proc/sys/vm/drop_caches
	sleep 1
	# Objects that a processor keeps at hand would count as if they were in use.
	for cache in /sys/kernel/slab/*/shrink; do echo 1 > "$cache"; done 2> /dev/null
}
meminfo() { awk -v name="$1:" '$1 == name { print $2 }' /proc/meminfo; }
vmstat() { awk -v name="$1" '$1 == name { print $2 }' /proc/vmstat; }
pins() { echo $(($(vmstat nr_foll_pin_acquired) - $(vmstat nr_foll_pin_released))); }

# Name, objects in use, objects in a slab. The least of a few counts: what a processor has at hand is given back before each.
slabs() {
	local count
	for count in 1 2 3 4 5; do
		for cache in /sys/kernel/slab/kmalloc-*/shrink; do echo 1 > "$cache"; done 2> /dev/null
		cat /proc/slabinfo
	done | awk '$1 ~ /^(kmalloc|iommu|iova|task|mm_struct|filp|eventfd)/ && (!($1 in least) || $2 < least[$1]) { least[$1] = $2; slab[$1] = $5 }
		END { for (name in least) print name, least[name], slab[name] }'
}

# grown LIMIT BEFORE AFTER: caches that have that many objects more, with their growth. All of the slab
# that a processor takes objects from counts as used, so that growth by one for each tells nothing.
grown() {
	awk -v limit="$1" -v cpus="$(nproc)" 'NR == FNR { before[$1] = $2; next }
		$2 - before[$1] >= limit && $2 - before[$1] > cpus * $3 { printf "%s+%d ", $1, $2 - before[$1] }' "$2" "$3"
}

# GROWN AGAIN: what has grown both times
in_both() { for cache in $1; do case " $2" in *" ${cache%+*}+"*) printf '%s ' "$cache" ;; esac; done; }

# Cache, caller, objects, on kernels that keep this
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

# --- objects that nothing points to any more, on kernels that look for them

scan() { sleep 6; echo scan > $KMEMLEAK && echo scan > $KMEMLEAK; }

# Nothing is said of what was lost before; that something would be said is tried out.
leaks_forget() {
	[ -e $KMEMLEAK ] || return
	edu $EDU leak
	scan
	verdict leaks-seen "kmemleak finds what was lost on purpose" grep -q edu_dma $KMEMLEAK
	echo clear > $KMEMLEAK
}

# Objects that are in no list and behind no pointer, and the checks of locks still being made.
leaks_are_none() {
	[ -e $KMEMLEAK ] || return
	scan
	cat $KMEMLEAK > /tmp/leaks
	while read -r line; do say "$line"; done < /tmp/leaks
	verdict leaks "$(grep -c unreferenced /tmp/leaks) objects lost, lockdep's $(grep debug_locks /proc/lockdep_stats | tr -s ' ')" \
		[ ! -s /tmp/leaks -a "$(awk '$1 == "debug_locks:" { print $2 }' /proc/lockdep_stats)" = 1 ]
}
