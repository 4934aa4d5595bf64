# Instructions per call: the DMA API on a device behind the IOMMU, then the parts.
# The host gives one processor and -icount shift=4, 16 ns an instruction.
. /lab/lib.sh

for d in $labbench; do
	load_iommu
	echo dma_map_benchmark > "/sys/bus/pci/devices/$d/driver_override"
	echo "$d" > /sys/bus/pci/drivers/dma_map_benchmark/bind
	say "bench-type $(group_type "$d")"
done
# counter NAME: of the only instance, as its driver counts (the base's does not)
counter() { cat /sys/kernel/debug/iommu/*/counters 2> /dev/null | awk -v name="$1" '$1 == name { print $2 }'; }

for granule in 1 16 64 512; do
	requests=$(counter requests)
	kicks=$(counter kicks)
	line=$(dma_map_benchmark -t 1 -s 2 -g $granule -d 0 2>&1 | tr '\n' ' ')
	say "bench-map $granule $line"
	[ -z "$kicks" ] || say "bench-kicks $granule $(($(counter kicks) - kicks)) $(($(counter requests) - requests))"
done
[ -z "$labparts" ] || modprobe part_bench 2> /dev/null
