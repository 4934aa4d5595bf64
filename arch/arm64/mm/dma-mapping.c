// SPDX-License-Identifier: GPL-2.0
/*
 * Cache maintenance for devices that do not snoop the CPU's caches.
 *
 * "Clean" writes dirty lines back to the Point of Coherency, "invalidate" drops
 * them (Arm ARM, "Caches and memory hierarchy").  A buffer is the device's from
 * dma_map or dma_sync_for_device to dma_unmap or dma_sync_for_cpu.
 *
 * No KUnit suite: whether a line is in a cache cannot be seen by software.
 */
#include <linux/cacheflush.h>
#include <linux/dma-map-ops.h>
#include <xen/arm/xen-ops.h>

/* First and last plus one byte of a buffer, where the CPU has it */
struct buffer {
	unsigned long start;
	unsigned long end;
};

static struct buffer buffer_at(phys_addr_t phys, size_t len)
{
	unsigned long start = (unsigned long)phys_to_virt(phys);

	return (struct buffer){ start, start + len };
}

/*
 * Lines that the CPU speculatively read while the device was writing are stale.
 * A device that only read changed nothing.
 */
void arch_sync_dma_for_cpu(phys_addr_t phys, size_t len,
			   enum dma_data_direction direction)
{
	struct buffer b = buffer_at(phys, len);

	if (direction == DMA_FROM_DEVICE || direction == DMA_BIDIRECTIONAL)
		dcache_inval_poc(b.start, b.end);
}

/*
 * Clean in every direction.  For a buffer that the device writes, no dirty line
 * may be left, or its eviction would overwrite what the device wrote; and where
 * the device writes less than announced, memory must hold what the CPU wrote
 * last, not older data of somebody else.
 */
void arch_sync_dma_for_device(phys_addr_t phys, size_t len,
			      enum dma_data_direction direction)
{
	struct buffer b = buffer_at(phys, len);

	dcache_clean_poc(b.start, b.end);
}

/*
 * The CPU goes on with another, non-cacheable mapping of these pages, so
 * nothing of them may stay in a cache.
 */
void arch_dma_prep_coherent(struct page *page, size_t size)
{
	struct buffer b = buffer_at(page_to_phys(page), size);

	dcache_clean_inval_poc(b.start, b.end);
}

void arch_setup_dma_ops(struct device *dev, bool coherent)
{
	u32 line = cache_line_size_of_cpu();

	/* A buffer aligned to less than a line shares it with other data */
	if (!coherent)
		WARN_TAINT(line > ARCH_DMA_MINALIGN, TAINT_CPU_OUT_OF_SPEC,
			   "%s does not snoop, and this CPU's cache lines of %u bytes are longer than what its buffers are aligned to\n",
			   dev_name(dev), line);

	dev->dma_coherent = coherent;
	xen_setup_dma_ops(dev);
}
