# Devices go to user space and come back.  Sourced by the scenarios.

load_vfio() {
	modprobe vfio_iommu_type1
	modprobe iommufd
	modprobe vfio-pci
}

driver_of() { basename "$(readlink "/sys/bus/pci/devices/$1/driver")"; }
is_with() { [ "$(driver_of "$1")" = "$2" ]; }
unbind() { ! bound "$1" || echo "$1" > "/sys/bus/pci/devices/$1/driver/unbind"; }

take_away() { # DEVICE: from its kernel driver to vfio-pci
	echo vfio-pci > "/sys/bus/pci/devices/$1/driver_override"
	unbind "$1"
	echo "$1" > /sys/bus/pci/drivers_probe
	is_with "$1" vfio-pci
}

give_back() { # DEVICE DRIVER
	unbind "$1"
	echo > "/sys/bus/pci/devices/$1/driver_override"
	echo "$1" > /sys/bus/pci/drivers_probe
	is_with "$1" "$2"
}

edu_works() { edu "$1" mapped; data_right; }

# edu_back NAME: the test module has the device again and moves data with it
edu_back() {
	give_back $EDU edu_dma
	edu $EDU mapped
	verdict "$1" "$(driver_of $EDU) has $EDU again: $result" data_right
}

# e1000e_back NAME: the network driver has the card again and fetches a file
e1000e_back() {
	give_back $E1000E e1000e
	within 5 [ -n "$(netdev_of $E1000E)" ]
	download "$1" $E1000E 10.0.2
}

# reason NAME DEVICE PATTERN: the kernel's log says why, since the mark
reason() {
	local line=$(log_new | grep "$2" | grep -m 1 -i "$3")
	verdict "$1" "${line:-nothing in the log of $2 about $3}" [ -n "$line" ]
}
# The same, of what the base keeps to itself.
our_reason() { [ -n "$labbase" ] || reason "$@"; }
