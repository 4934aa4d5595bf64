# StreamIDs that the SMMU has no table for: one message, and no way around it.
. /lab/lib.sh
. /lab/masters.sh

load_iommu
modprobe edu_dma bits=32
sleep 2
said=$(dmesg | grep -v lab: | grep -m 1 -i '[^A-Z]SID \|stream')
verdict message "${said:-nothing in the log of streams}" [ -n "$said" ]
result=
[ -d "/sys/kernel/debug/edu_dma/$EDU" ] && edu $EDU mapped
verdict closed "its DMA reached no memory: ${result:-the driver did not bind}" eval "! data_right"
log_clean
