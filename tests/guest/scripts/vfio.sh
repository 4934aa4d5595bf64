# User space takes devices by VFIO's container and by iommufd, and gives them back.
. /lab/lib.sh
. /lab/masters.sh
. /lab/owners.sh

PAIR0=0000:00:07.0
PAIR1=0000:00:07.1

load_iommu
load_masters
load_vfio
verdict bind "all devices bound" wait_bound
msi_window

for way in container iommufd; do
	# A device may print ten faults within five seconds, and each way makes six.
	[ $way = container ] || sleep 5
	verdict $way-edu-away "$EDU goes to vfio-pci" take_away $EDU
	verdict $way-e1000e-away "$E1000E goes to vfio-pci" take_away $E1000E
	vfio move $way edu $EDU $way-edu
	vfio move $way e1000e $E1000E $way-e1000e
	edu_back $way-edu-back
	e1000e_back $way-e1000e-back
done

# One group, two functions: neither way may have one while a driver has the other, nor the reverse.
pair=$(group_of $PAIR0)
verdict pair-group "$PAIR0 is in group $pair, $PAIR1 in $(group_of $PAIR1)" [ "$pair" = "$(group_of $PAIR1)" ]
for way in container iommufd; do
	take_away $PAIR0
	within 5 is_with $PAIR1 edu_dma
	log_mark
	said=$(vfio take $way edu $PAIR0)
	verdict $way-busy "$PAIR1 has a kernel driver, $PAIR0 asked for: $said" \
		[ "$said" = EPERM -o "$said" = EBUSY ]
	our_reason $way-busy-reason 0000:00:07 "group $pair: asked for by another owner while kernel drivers use its DMA (1).*edu_dma"
	take_away $PAIR1
	log_mark
	rm -f /tmp/held
	vfio hold $way edu $PAIR0 > /tmp/held &
	holder=$!
	within 10 grep -q . /tmp/held
	verdict $way-held "both are with vfio-pci, $PAIR0 asked for: $(cat /tmp/held)" grep -q taken /tmp/held
	verdict $way-held-driver "$PAIR1's kernel driver meanwhile is refused" eval "! give_back $PAIR1 edu_dma"
	our_reason $way-held-reason $PAIR1 "group $pair: owned by user space"
	kill $holder
	wait $holder
	give_back $PAIR0 edu_dma
	give_back $PAIR1 edu_dma
	verdict $way-released "the holder gone, kernel drivers have both and move data" \
		eval "edu_works $PAIR0 && edu_works $PAIR1"
done
log_clean
