// SPDX-License-Identifier: GPL-2.0
/*
 * Drive QEMU's "edu" device: a PCI function that copies up to 4 KiB between
 * its own buffer and whatever I/O address it is told, mapped or not.
 *
 * Every device has a directory in debugfs, /sys/kernel/debug/edu_dma/<device>.
 * A command goes into "run"; "result" then holds one line of key=value words.
 *
 *   mapped      move data out of and into mapped memory and compare it
 *   stale       write to an address after its mapping was removed
 *   readonly    write to memory that was mapped for reading only
 *   hold        map a page and keep it, so that another device can be sent there
 *   held        compare the page that "hold" kept and unmap it
 *   leak        lose some memory for good, which a detector of leaks must tell
 *   poke ADDR   write to ADDR, whatever is there
 *   flood ADDR  write so much to ADDR that there are hundreds of faults at once
 */
#include <linux/bits.h>
#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/dma-mapping.h>
#include <linux/io-64-nonatomic-lo-hi.h>
#include <linux/iopoll.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#define EDU_DMA_SRC		0x80
#define EDU_DMA_DST		0x88
#define EDU_DMA_COUNT		0x90
#define EDU_DMA_CMD		0x98
#define EDU_CMD_START		BIT(0)
#define EDU_CMD_TO_RAM		BIT(1)

#define EDU_BUFFER		0x40000	/* where the device sees its own memory */
#define EDU_BYTES		1024
#define EDU_WILD_BYTES		4	/* one transaction, so one fault */
#define EDU_GONE		(~0ULL)	/* what is read where no device is any more */
#define EDU_TIMEOUT_US		(5 * USEC_PER_SEC)
#define EDU_LEAKS		8
#define EDU_LINGER_MS		50	/* until a fault was looked into */

#define FILL_DEVICE		0xa5	/* what the device's buffer is loaded with */
#define FILL_MEMORY		0x3c	/* what memory must still hold afterwards */

static unsigned int bits = 28;
module_param(bits, uint, 0444);
MODULE_PARM_DESC(bits, "Width of the I/O addresses that the device can issue (28)");

/**
 * struct edu - one device
 * @pdev: the PCI function
 * @regs: BAR 0
 * @dir: its debugfs directory
 * @lock: held for a whole command; guards what follows
 * @held: page that "hold" mapped, or NULL
 * @held_addr: where the device sees @held
 * @result: what the last command found
 */
struct edu {
	struct pci_dev *pdev;
	void __iomem *regs;
	struct dentry *dir;
	struct mutex lock;	/* one command at a time */
	void *held;
	dma_addr_t held_addr;
	char result[160];
};

static struct dentry *edu_root;

/* Copy between @addr and the device's buffer; true if it came to an end. */
static bool edu_copy(struct edu *edu, u64 addr, bool to_ram, unsigned int bytes)
{
	u64 cmd;

	writeq(to_ram ? EDU_BUFFER : addr, edu->regs + EDU_DMA_SRC);
	writeq(to_ram ? addr : EDU_BUFFER, edu->regs + EDU_DMA_DST);
	writeq(bytes, edu->regs + EDU_DMA_COUNT);
	writeq(EDU_CMD_START | (to_ram ? EDU_CMD_TO_RAM : 0), edu->regs + EDU_DMA_CMD);

	if (read_poll_timeout(readq, cmd, cmd == EDU_GONE || !(cmd & EDU_CMD_START),
			      1000, EDU_TIMEOUT_US, false, edu->regs + EDU_DMA_CMD))
		return false;
	return cmd != EDU_GONE;
}

static bool edu_filled(const void *page, u8 byte)
{
	return !memchr_inv(page, byte, EDU_BYTES);
}

/* Load the device's buffer with FILL_DEVICE through a mapping of its own. */
static int edu_load(struct edu *edu, dma_addr_t *addr, phys_addr_t *phys)
{
	struct device *dev = &edu->pdev->dev;
	void *page = kmalloc(PAGE_SIZE, GFP_KERNEL);
	bool ended;

	if (!page)
		return -ENOMEM;
	memset(page, FILL_DEVICE, PAGE_SIZE);
	*addr = dma_map_single(dev, page, PAGE_SIZE, DMA_TO_DEVICE);
	*phys = virt_to_phys(page);
	if (dma_mapping_error(dev, *addr)) {
		kfree(page);
		return -EIO;
	}
	ended = edu_copy(edu, *addr, false, EDU_BYTES);
	dma_unmap_single(dev, *addr, PAGE_SIZE, DMA_TO_DEVICE);
	kfree(page);
	return ended ? 0 : -ETIMEDOUT;
}

static void edu_say(struct edu *edu, const char *what, u64 addr, u64 phys, bool right)
{
	snprintf(edu->result, sizeof(edu->result), "%s iova=0x%llx phys=0x%llx data=%s",
		 what, addr, phys, right ? "right" : "wrong");
}

/* Map a page filled with FILL_MEMORY for @dir. */
static void *edu_map_page(struct edu *edu, enum dma_data_direction dir, dma_addr_t *addr)
{
	struct device *dev = &edu->pdev->dev;
	void *page = kmalloc(PAGE_SIZE, GFP_KERNEL);

	if (!page)
		return NULL;
	memset(page, FILL_MEMORY, PAGE_SIZE);
	*addr = dma_map_single(dev, page, PAGE_SIZE, dir);
	if (dma_mapping_error(dev, *addr)) {
		kfree(page);
		return NULL;
	}
	return page;
}

/* A page that the device has filled while it was mapped, at @addr; *@right if it did. */
static void *edu_filled_page(struct edu *edu, dma_addr_t *addr, bool *right)
{
	void *page = edu_map_page(edu, DMA_FROM_DEVICE, addr);

	if (!page)
		return NULL;
	*right = edu_copy(edu, *addr, true, EDU_BYTES);
	dma_unmap_single(&edu->pdev->dev, *addr, PAGE_SIZE, DMA_FROM_DEVICE);
	*right = *right && edu_filled(page, FILL_DEVICE);
	return page;
}

static int edu_mapped(struct edu *edu)
{
	dma_addr_t addr;
	bool right;
	void *page = edu_filled_page(edu, &addr, &right);

	if (!page)
		return -ENOMEM;
	edu_say(edu, "mapped", addr, virt_to_phys(page), right);
	kfree(page);
	return 0;
}

static int edu_stale(struct edu *edu)
{
	dma_addr_t addr;
	bool right;
	/* Once while it is mapped, so that the translation may be cached. */
	void *page = edu_filled_page(edu, &addr, &right);

	if (!page)
		return -ENOMEM;
	memset(page, FILL_MEMORY, PAGE_SIZE);
	right = edu_copy(edu, addr, true, EDU_WILD_BYTES) && right;
	edu_say(edu, "stale", addr, virt_to_phys(page), right && edu_filled(page, FILL_MEMORY));
	kfree(page);
	return 0;
}

static int edu_readonly(struct edu *edu)
{
	struct device *dev = &edu->pdev->dev;
	dma_addr_t addr;
	void *page = edu_map_page(edu, DMA_TO_DEVICE, &addr);
	bool ended;

	if (!page)
		return -ENOMEM;
	ended = edu_copy(edu, addr, true, EDU_WILD_BYTES);
	edu_say(edu, "readonly", addr, virt_to_phys(page), ended && edu_filled(page, FILL_MEMORY));
	/* Some IOMMUs do not say why they refused: the kernel looks what is mapped there. */
	msleep(EDU_LINGER_MS);
	dma_unmap_single(dev, addr, PAGE_SIZE, DMA_TO_DEVICE);
	kfree(page);
	return 0;
}

static int edu_hold(struct edu *edu)
{
	if (edu->held)
		return -EBUSY;
	edu->held = edu_map_page(edu, DMA_BIDIRECTIONAL, &edu->held_addr);
	if (!edu->held)
		return -ENOMEM;
	edu_say(edu, "hold", edu->held_addr, virt_to_phys(edu->held), true);
	return 0;
}

static int edu_drop(struct edu *edu)
{
	if (!edu->held)
		return -ENOENT;
	dma_unmap_single(&edu->pdev->dev, edu->held_addr, PAGE_SIZE, DMA_BIDIRECTIONAL);
	edu_say(edu, "held", edu->held_addr, virt_to_phys(edu->held),
		edu_filled(edu->held, FILL_MEMORY));
	kfree(edu->held);
	edu->held = NULL;
	return 0;
}

static int edu_leak(void)
{
	void *lost;
	int i;

	/* One of them may still be found by what is left of it on a stack. */
	for (i = 0; i < EDU_LEAKS; i++) {
		lost = kmalloc(EDU_BYTES, GFP_KERNEL);
		if (!lost)
			return -ENOMEM;
		OPTIMIZER_HIDE_VAR(lost);
	}
	return 0;
}

static int edu_command(struct edu *edu, char *line)
{
	phys_addr_t phys;
	dma_addr_t addr;
	u64 where = 0;
	int ret;

	if (!strcmp(line, "held"))
		return edu_drop(edu);

	if (!strcmp(line, "leak"))
		return edu_leak();

	ret = edu_load(edu, &addr, &phys);
	if (ret)
		return ret;
	if (!strcmp(line, "mapped"))
		return edu_mapped(edu);
	if (!strcmp(line, "stale"))
		return edu_stale(edu);
	if (!strcmp(line, "readonly"))
		return edu_readonly(edu);
	if (!strcmp(line, "hold"))
		return edu_hold(edu);
	if (sscanf(line, "poke %llx", &where) == 1) {
		edu_say(edu, "poke", where, 0, edu_copy(edu, where, true, EDU_WILD_BYTES));
		return 0;
	}
	if (sscanf(line, "flood %llx", &where) != 1)
		return -EINVAL;
	edu_say(edu, "flood", where, 0, edu_copy(edu, where, true, EDU_BYTES));
	return 0;
}

static ssize_t edu_run_write(struct file *file, const char __user *user, size_t count, loff_t *pos)
{
	struct edu *edu = file->private_data;
	char line[40] = "";
	int ret;

	if (count >= sizeof(line) || copy_from_user(line, user, count))
		return -EINVAL;

	mutex_lock(&edu->lock);
	ret = edu_command(edu, strim(line));
	if (ret)
		snprintf(edu->result, sizeof(edu->result), "failed error=%d", ret);
	mutex_unlock(&edu->lock);
	return ret ?: count;
}

static const struct file_operations edu_run_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = edu_run_write,
};

static int edu_result_show(struct seq_file *seq, void *unused)
{
	struct edu *edu = seq->private;

	mutex_lock(&edu->lock);
	seq_printf(seq, "%s\n", edu->result);
	mutex_unlock(&edu->lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(edu_result);

static int edu_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct edu *edu;
	int ret;

	edu = devm_kzalloc(&pdev->dev, sizeof(*edu), GFP_KERNEL);
	if (!edu)
		return -ENOMEM;
	edu->pdev = pdev;
	mutex_init(&edu->lock);
	ret = pcim_enable_device(pdev);
	if (ret)
		return ret;
	edu->regs = pcim_iomap(pdev, 0, 0);
	if (!edu->regs)
		return -ENOMEM;
	ret = dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(bits));
	if (ret)
		return ret;
	pci_set_master(pdev);
	pci_set_drvdata(pdev, edu);

	edu->dir = debugfs_create_dir(pci_name(pdev), edu_root);
	debugfs_create_file("run", 0200, edu->dir, edu, &edu_run_fops);
	debugfs_create_file("result", 0400, edu->dir, edu, &edu_result_fops);
	return 0;
}

static void edu_remove(struct pci_dev *pdev)
{
	struct edu *edu = pci_get_drvdata(pdev);

	debugfs_remove(edu->dir);
	edu_drop(edu);
	pci_clear_master(pdev);
}

static const struct pci_device_id edu_ids[] = {
	{ PCI_DEVICE(0x1234, 0x11e8) },
	{ }
};
MODULE_DEVICE_TABLE(pci, edu_ids);

static struct pci_driver edu_driver = {
	.name = "edu_dma",
	.id_table = edu_ids,
	.probe = edu_probe,
	.remove = edu_remove,
};

static int __init edu_init(void)
{
	int ret;

	edu_root = debugfs_create_dir("edu_dma", NULL);
	ret = pci_register_driver(&edu_driver);
	if (ret)
		debugfs_remove(edu_root);
	return ret;
}
module_init(edu_init);

static void __exit edu_exit(void)
{
	pci_unregister_driver(&edu_driver);
	debugfs_remove(edu_root);
}
module_exit(edu_exit);

MODULE_DESCRIPTION("DMA to chosen addresses with QEMU's edu device");
MODULE_LICENSE("GPL");
