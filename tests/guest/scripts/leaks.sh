# What the machine holds, before and after.  Sourced by the scenarios.

# what the machine holds once caches are dropped and deferred work is done
settle() {
	sync
	sleep 1
	echo 3 > /proc/sys/vm/drop_caches
	sleep 1
}
meminfo() { awk -v name="$1:" '$1 == name { print $2 }' /proc/meminfo; }
vmstat() { awk -v name="$1" '$1 == name { print $2 }' /proc/vmstat; }
pins() { echo $(($(vmstat nr_foll_pin_acquired) - $(vmstat nr_foll_pin_released))); }
slabs() { awk '$1 ~ /^(kmalloc|iommu|iova|task|mm_struct|filp|eventfd)/ { print $1, $2 }' /proc/slabinfo; }

# grown LIMIT BEFORE AFTER: caches that have that many objects more, with their growth
grown() {
	awk -v limit="$1" 'NR == FNR { before[$1] = $2; next }
		$2 - before[$1] >= limit { printf "%s+%d ", $1, $2 - before[$1] }' "$2" "$3"
}
