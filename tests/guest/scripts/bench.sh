# Instructions per call: the DMA API on a device behind the SMMU, then the parts.
# The host gives one processor and -icount shift=4, 16 ns an instruction.
. /lab/lib.sh

for d in $labbench; do
	modprobe $SMMU
	echo dma_map_benchmark > "/sys/bus/pci/devices/$d/driver_override"
	echo "$d" > /sys/bus/pci/drivers/dma_map_benchmark/bind
	say "bench-type $(group_type "$d")"
done
for granule in 1 16 64 512; do
	line=$(dma_map_benchmark -t 1 -s 2 -g $granule -d 0 2>&1 | tr '\n' ' ')
	say "bench-map $granule $line"
done
[ -z "$labparts" ] || modprobe part_bench 2> /dev/null
