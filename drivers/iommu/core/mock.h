/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An instance made of software, and devices behind it, for the tests of core.
 *
 * Objects and owners
 *
 *	struct mock_iommu	an instance with its own operations, which a test
 *				may change before it registers it; freed with the
 *				test
 *	struct mock_device	a platform device that names the instance; freed
 *				when it has been removed and the last reference
 *				is gone
 *	struct mock_domain	a domain that remembers what is mapped in it
 *
 * Everything that can fail counts its calls in mock_iommu.calls, and fails when
 * its turn in mock_iommu.fail_at has come, or when mock_iommu.fail_step steps of
 * any kind have been done.
 */
#ifndef __IOMMU_CORE_MOCK_H
#define __IOMMU_CORE_MOCK_H

#include <kunit/test.h>
#include <linux/bits.h>
#include <linux/iommu.h>
#include <linux/list.h>
#include <linux/platform_device.h>
#include <linux/xarray.h>

#define MOCK_RESV_MAX	4
#define MOCK_PAGE_LG2	12
#define MOCK_PAGE_SIZE	BIT(MOCK_PAGE_LG2)

/**
 * enum mock_op - what a mock counts and can let fail
 * @MOCK_PROBE: probe_device()
 * @MOCK_GROUP: device_group()
 * @MOCK_ALLOC: allocation of a domain
 * @MOCK_ATTACH: attach_dev() of an allocated domain
 * @MOCK_ATTACH_STATIC: attach_dev() of a static domain
 * @MOCK_MAP: map_pages()
 * @MOCK_RELEASE: release_device(); cannot fail
 * @MOCK_FREE: free() of a domain; cannot fail
 * @MOCK_FINALIZE: probe_finalize(); cannot fail
 * @MOCK_FLUSH: flush_iotlb_all(); cannot fail
 * @MOCK_SYNC: iotlb_sync(); cannot fail
 * @MOCK_SET_PASID: set_dev_pasid()
 * @MOCK_CLEAR_PASID: remove_dev_pasid(); cannot fail
 * @MOCK_ALLOC_SVA: domain_alloc_sva()
 * @MOCK_OPS: number of them
 */
enum mock_op {
	MOCK_PROBE,
	MOCK_GROUP,
	MOCK_ALLOC,
	MOCK_ATTACH,
	MOCK_ATTACH_STATIC,
	MOCK_MAP,
	MOCK_RELEASE,
	MOCK_FREE,
	MOCK_FINALIZE,
	MOCK_FLUSH,
	MOCK_SYNC,
	MOCK_SET_PASID,
	MOCK_CLEAR_PASID,
	MOCK_ALLOC_SVA,
	MOCK_OPS,
};

/**
 * struct mock_iommu - an instance made of software
 * @iommu: the instance
 * @ops: its operations, with all that the mock implements
 * @domain_ops: operations of the domains that it allocates
 * @identity: static domain, in @ops
 * @blocked: static domain, in @ops
 * @node: software firmware node that devices name
 * @hwdev: device that the instance is registered for
 * @list: on the list of all mocks
 * @devices: struct mock_device that name it
 * @calls: calls by kind
 * @fail_at: which call of a kind fails (from 1), 0 for none
 * @error: what such a call returns, -ENOMEM at first
 * @step: calls of the kinds that can fail
 * @fail_step: which of them fails, 0 for none
 * @domains: allocated domains that are not freed
 * @registered: it is registered
 * @capable: bits of enum iommu_cap that it has
 */
struct mock_iommu {
	struct iommu_device iommu;
	struct iommu_ops ops;
	struct iommu_domain_ops domain_ops;
	struct iommu_domain identity;
	struct iommu_domain blocked;
	struct fwnode_handle *node;
	struct platform_device *hwdev;
	struct list_head list;
	struct list_head devices;
	unsigned int calls[MOCK_OPS];
	unsigned int fail_at[MOCK_OPS];
	int error;
	unsigned int step;
	unsigned int fail_step;
	atomic_t domains;
	bool registered;
	unsigned int capable;
};

/**
 * struct mock_device - a device behind a mock instance
 * @pdev: the device
 * @mock: instance that it names
 * @list: on mock_iommu.devices
 * @gone: set when the device's last reference went; may be NULL
 * @attached: domain that the driver has it in, NULL before the first
 * @attaches: successful attachments
 * @claimed: between probe_device() and release_device()
 * @group_key: devices with the same key share a group
 * @def_type: what def_domain_type() answers
 * @untrusted: what iommu_default_domain_untrusted() answers, when stubbed
 * @deferred: what is_attach_deferred() answers
 * @refuse: error with which it refuses every allocated domain
 * @refuse_blocked: error with which it refuses the blocked domain
 * @setup_dma_error: what setting up the DMA API answers, when stubbed
 * @dma_domain: domain that its DMA API was set up for, when stubbed
 * @resv: reserved regions
 * @num_resv: number of them
 * @pasids: domain by PASID
 * @refuse_pasid: error with which it refuses every PASID
 * @wrong_pasids: removals of a PASID that had another domain, or none
 */
struct mock_device {
	struct platform_device pdev;
	struct mock_iommu *mock;
	struct list_head list;
	bool *gone;
	struct iommu_domain *attached;
	unsigned int attaches;
	bool claimed;
	int group_key;
	int def_type;
	bool untrusted;
	bool deferred;
	int refuse;
	int refuse_blocked;
	int setup_dma_error;
	struct iommu_domain *dma_domain;
	struct iommu_resv_region resv[MOCK_RESV_MAX];
	unsigned int num_resv;
	struct xarray pasids;
	int refuse_pasid;
	unsigned int wrong_pasids;
};

/**
 * struct mock_domain - a domain of a mock instance
 * @domain: the domain
 * @mock: instance
 * @pages: physical address with protection in the low bits, as an xarray value,
 *	by page
 * @mm: address space that it was allocated for, or NULL
 */
struct mock_domain {
	struct iommu_domain domain;
	struct mock_iommu *mock;
	struct xarray pages;
	struct mm_struct *mm;
};

/**
 * mock_iommu_create() - make an instance, not registered yet
 * @test: test that owns it; it is unregistered and freed with the test
 *
 * Return: the instance; the test ends if there is no memory.
 */
struct mock_iommu *mock_iommu_create(struct kunit *test);

/**
 * mock_iommu_register() - register an instance
 * @mock: instance
 *
 * Return: as iommu_device_register().
 */
int mock_iommu_register(struct mock_iommu *mock);

/**
 * mock_iommu_unregister() - unregister an instance
 * @mock: instance; nothing happens if it is not registered
 */
void mock_iommu_unregister(struct mock_iommu *mock);

/**
 * mock_device_create() - make a device, not on its bus yet
 * @test: test that owns it; it is removed with the test
 * @mock: instance that it names
 * @group_key: devices with the same key share a group
 *
 * Return: the device; the test ends if there is no memory.
 */
struct mock_device *mock_device_create(struct kunit *test,
				       struct mock_iommu *mock, int group_key);

/**
 * mock_device_name() - give a device its firmware ids
 * @mdev: device
 *
 * Return: as iommu_fwspec_init().
 */
int mock_device_name(struct mock_device *mdev);

/**
 * mock_device_add() - put a device on its bus
 * @mdev: device
 *
 * Return: as platform_device_add(); what core made of it is another matter.
 */
int mock_device_add(struct mock_device *mdev);

/**
 * mock_default_type() - what the default domain of a device's group is
 * @mdev: device
 *
 * Return: IOMMU_DOMAIN_*, UINT_MAX without a group.
 */
unsigned int mock_default_type(struct mock_device *mdev);

/**
 * mock_expect_in_default() - expect a device to be where the DMA API believes it
 * @test: running test; ends if the device is in no group
 * @mdev: device
 */
void mock_expect_in_default(struct kunit *test, struct mock_device *mdev);

/**
 * mock_device_probe() - name a device and put it on its bus
 * @test: running test; ends if that fails
 * @mdev: device; its instance is registered if it is not yet
 */
void mock_device_probe(struct kunit *test, struct mock_device *mdev);

/**
 * mock_device_probed() - make a device that core has in a group
 * @test: test that owns it
 * @mock: instance that it names, which is registered if it is not yet
 * @group_key: as for mock_device_create()
 *
 * Return: the device; the test ends if it is in no group.
 */
struct mock_device *mock_device_probed(struct kunit *test, struct mock_iommu *mock,
				       int group_key);

/**
 * mock_device_unprobed() - make a device on its bus whose ids came too late for it
 * @test: test that owns it
 * @mock: instance that it names, which is registered if it is not yet
 *
 * Return: the device, for iommu_probe_device(); its group key is 1.
 */
struct mock_device *mock_device_unprobed(struct kunit *test, struct mock_iommu *mock);

/**
 * mock_domain_create() - make an unmanaged domain
 * @test: test that owns it; it is freed before devices made earlier are removed
 * @dev: mock device that it is for
 *
 * Return: the domain, not attached; the test ends if there is none.
 */
struct iommu_domain *mock_domain_create(struct kunit *test, struct device *dev);

/**
 * mock_device_remove() - take a device off its bus
 * @mdev: device; nothing happens if it is not there.  It stays allocated until
 *	the end of the test
 */
void mock_device_remove(struct mock_device *mdev);

/**
 * mock_device_bind() - what a bus does when a driver binds
 * @mdev: device on its bus
 *
 * Names the instance, probes and takes the default domain into use, as a
 * platform device described by a device tree does it.
 *
 * Return: 0 or the error with which the driver is not bound.
 */
int mock_device_bind(struct mock_device *mdev);

/**
 * mock_device_unbind() - undo mock_device_bind()
 * @mdev: device
 */
void mock_device_unbind(struct mock_device *mdev);

/**
 * mock_device_resv() - give a device a reserved region
 * @mdev: device
 * @start: first byte
 * @length: length in bytes
 * @type: type of the region
 */
void mock_device_resv(struct mock_device *mdev, phys_addr_t start,
		      size_t length, enum iommu_resv_type type);

/**
 * mock_step() - count a call that can fail
 * @mock: instance
 * @op: kind of call
 *
 * Return: 0, or the error of the call whose turn it is to fail.
 */
int mock_step(struct mock_iommu *mock, enum mock_op op);

/**
 * mock_iommu_pasids() - let an instance have PASIDs and share address spaces
 * @mock: instance, not registered yet
 * @max: number of PASIDs that it can tell apart
 */
void mock_iommu_pasids(struct mock_iommu *mock, u32 max);

/**
 * mock_device_pasids() - let firmware say that a device has PASIDs
 * @mdev: device, to be added to its bus
 * @bits: width of its PASIDs
 *
 * Return: 0 or -ENOMEM.
 */
int mock_device_pasids(struct mock_device *mdev, u32 bits);

/**
 * mock_device_pasid() - what a device has attached to a PASID
 * @mdev: device
 * @pasid: PASID
 *
 * Return: domain or NULL.
 */
struct iommu_domain *mock_device_pasid(struct mock_device *mdev, ioasid_t pasid);

/**
 * mock_log_lines() - how many lines the kernel's log has with a text in them
 * @text: text
 *
 * Return: number of lines, those of earlier tests included.
 */
unsigned int mock_log_lines(const char *text);

/**
 * mock_note() - note that something happened
 * @what: a letter for it
 */
void mock_note(char what);

/**
 * mock_noted() - look at what was noted since this was asked last
 * @what: letters in the order that is expected
 *
 * Return: true if that is it; else what it is goes to the log.
 */
bool mock_noted(const char *what);

/**
 * mock_dma_api() - let a test decide domains as if there were a DMA API
 * @test: running test
 *
 * Setting up a device's DMA API is recorded in mock_device.dma_domain and
 * fails with mock_device.setup_dma_error.  For this test's thread only.
 */
void mock_dma_api(struct kunit *test);

/* The policy while mock_dma_api() is in effect; it starts as IOMMU_DOMAIN_DMA */
extern unsigned int mock_policy;

/**
 * mock_dev() - device as a struct device
 * @mdev: device
 *
 * Return: the device.
 */
static inline struct device *mock_dev(struct mock_device *mdev)
{
	return &mdev->pdev.dev;
}

/**
 * to_mock_device() - mock device of a struct device
 * @dev: device made by mock_device_create()
 *
 * Return: the mock device.
 */
static inline struct mock_device *to_mock_device(struct device *dev)
{
	return container_of(to_platform_device(dev), struct mock_device, pdev);
}

/**
 * to_mock_domain() - mock domain of a domain
 * @domain: domain that a mock instance allocated
 *
 * Return: the mock domain.
 */
static inline struct mock_domain *to_mock_domain(struct iommu_domain *domain)
{
	return container_of(domain, struct mock_domain, domain);
}

#endif /* __IOMMU_CORE_MOCK_H */
