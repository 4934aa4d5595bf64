// SPDX-License-Identifier: GPL-2.0
/*
 * What a boot loader leaves running: QEMU's "edu" device copies between its
 * buffer and memory that the firmware reserved, by physical addresses and without
 * a driver.  Each copy is compared.
 */
#include <linux/bits.h>
#include <linux/delay.h>
#include <linux/io-64-nonatomic-lo-hi.h>
#include <linux/io.h>
#include <linux/iopoll.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/sizes.h>

#define EDU_DMA_SRC		0x80
#define EDU_DMA_DST		0x88
#define EDU_DMA_COUNT		0x90
#define EDU_DMA_CMD		0x98
#define EDU_CMD_START		BIT(0)
#define EDU_CMD_TO_RAM		BIT(1)
#define EDU_BUFFER		0x40000
#define EDU_TIMEOUT_US		(5 * USEC_PER_SEC)
#define BYTES			1024

static unsigned int slot = 5;
module_param(slot, uint, 0444);
MODULE_PARM_DESC(slot, "Slot of the device on the first PCI bus (5)");

static ulong start;
module_param(start, ulong, 0444);
MODULE_PARM_DESC(start, "Physical address of the memory, 4 KiB");

static unsigned int rounds;
module_param(rounds, uint, 0444);
MODULE_PARM_DESC(rounds, "Copies out of memory and back into it, so far");

static unsigned int wrong;
module_param(wrong, uint, 0444);
MODULE_PARM_DESC(wrong, "Those after which memory did not hold what was copied");

static struct pci_dev *edu;
static void __iomem *regs;
static u8 *memory;
static struct task_struct *loop;

static bool copy(u64 from, u64 to, u64 direction)
{
	u64 cmd;

	writeq(from, regs + EDU_DMA_SRC);
	writeq(to, regs + EDU_DMA_DST);
	writeq(BYTES, regs + EDU_DMA_COUNT);
	writeq(EDU_CMD_START | direction, regs + EDU_DMA_CMD);
	return !read_poll_timeout(readq, cmd, !(cmd & EDU_CMD_START), 1000, EDU_TIMEOUT_US,
				  false, regs + EDU_DMA_CMD);
}

/* From the first KiB into the device, and from there into the second */
static bool copy_both_ways(u8 byte)
{
	memset(memory, byte, BYTES);
	memset(memory + BYTES, ~byte, BYTES);
	return copy(start, EDU_BUFFER, 0) && copy(EDU_BUFFER, start + BYTES, EDU_CMD_TO_RAM) &&
	       !memchr_inv(memory + BYTES, byte, BYTES);
}

static int go_round(void *unused)
{
	while (!kthread_should_stop()) {
		if (!copy_both_ways(rounds))
			wrong++;
		rounds++;
	}
	return 0;
}

static int __init boot_dma_init(void)
{
	int ret = -ENOMEM;

	edu = pci_get_domain_bus_and_slot(0, 0, PCI_DEVFN(slot, 0));
	if (!edu)
		return -ENODEV;
	memory = memremap(start, SZ_4K, MEMREMAP_WB);
	if (!memory)
		goto err_put;
	ret = pci_enable_device(edu);
	if (ret)
		goto err_unmap;
	ret = -ENOMEM;
	regs = pci_iomap(edu, 0, 0);
	if (!regs)
		goto err_disable;
	pci_set_master(edu);
	loop = kthread_run(go_round, NULL, "boot-dma");
	ret = PTR_ERR_OR_ZERO(loop);
	if (!ret)
		return 0;
	pci_iounmap(edu, regs);
err_disable:
	pci_disable_device(edu);
err_unmap:
	memunmap(memory);
err_put:
	pci_dev_put(edu);
	return ret;
}
module_init(boot_dma_init);

static void __exit boot_dma_exit(void)
{
	kthread_stop(loop);
	pci_iounmap(edu, regs);
	pci_disable_device(edu);
	memunmap(memory);
	pci_dev_put(edu);
}
module_exit(boot_dma_exit);

MODULE_DESCRIPTION("DMA as a boot loader leaves it, for tests");
MODULE_LICENSE("GPL");
