# The kernel crashes while all devices are busy; another one, in the memory that
# was kept for it, goes on with them.
. /lab/lib.sh
. /lab/masters.sh
. /lab/again.sh

if [ "$labround" != 2 ]; then
	load_iommu
	load_masters
	verdict first-bind "all devices bound" wait_bound
	verdict first-load "the kernel for a crash is loaded" kexec crash /again/Image /again/initrd \
		"$(next_line maxcpus=1 reset_devices)"
	traffic
	sleep 2
	traffic_runs
	say "crashing"
	echo c > /proc/sysrq-trigger
	fail second "there is no second kernel"
	exit
fi
pass second "kernel $(uname -r) in $(awk '/MemTotal/ { print int($2 / 1024) }' /proc/meminfo) MiB started by the one that crashed"
load_iommu
verdict adopted "the SMMU goes on with the stream table of the crashed kernel" \
	within 5 eval 'dmesg | grep -q "stream table of the crashed kernel, until"'
verdict queues "queues are small: $(dmesg | sed -n 's/.*allocated \([0-9]*\) entries for cmdq.*/\1/p') commands" \
	eval 'dmesg | grep -q "allocated 256 entries for cmdq"'
all_work
log_clean
