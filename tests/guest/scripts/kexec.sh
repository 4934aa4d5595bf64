# A second kernel takes the machine over while all devices are busy.
. /lab/lib.sh
. /lab/masters.sh
. /lab/again.sh

if [ "$labround" != 2 ]; then
	load_iommu
	load_masters
	verdict first-bind "all devices bound" wait_bound
	verdict first-load "the next kernel is loaded" kexec load /again/Image /again/initrd "$(next_line)"
	traffic
	sleep 2
	traffic_runs
	say "starting the next kernel"
	kexec go
	fail second "there is no second kernel"
	exit
fi
pass second "kernel $(uname -r) started by the one before it"
all_work
log_clean
