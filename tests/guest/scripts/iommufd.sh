# The base's selftests of iommufd: their results, a line of the kernel's log each.
. /lab/lib.sh

mkdir -p /dev/shm
mount -t tmpfs shm /dev/shm
ulimit -l unlimited
for program in iommufd iommufd_fail_nth; do
	$program > /tmp/$program.tap 2>&1
	while read -r line; do
		say "tap $program $line"
	done < /tmp/$program.tap
done
