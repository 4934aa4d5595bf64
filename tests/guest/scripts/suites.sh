# The suites that are built in have run by now; those in modules run when loaded.
. /lab/lib.sh

load_iommu
for module in $(find /lib/modules -name '*test*.ko'); do
	modprobe "$(basename "$module" .ko)"
done
