/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A device tree around a mock instance, so that buses ask firmware as they do on
 * a machine.  In it are
 *
 *	iommu		the mock instance, with one cell an entry
 *	iommu-off	an instance that firmware has disabled
 *	master0, ...	devices with stream MOCK_TREE_STREAM + n at iommu
 *	lone		a device without an instance
 *	off		a device behind iommu-off
 *	bridge		maps ids 0 to 0xff of its bus to streams from
 *			MOCK_TREE_MAPPED on
 *	bridge-off	maps them to iommu-off
 */
#ifndef __IOMMU_CORE_MOCK_TREE_H
#define __IOMMU_CORE_MOCK_TREE_H

#include <kunit/test.h>
#include <linux/of.h>

#include "missing.h"
#include "mock.h"

#define MOCK_TREE_MASTERS	3
#define MOCK_TREE_STREAM	0x10
#define MOCK_TREE_MAPPED	0x400

/**
 * struct mock_tree - the tree
 * @changes: what makes it
 * @root: node that the others are in
 * @iommu: node of the instance
 * @iommu_off: node of the disabled instance
 * @masters: nodes of devices
 * @lone: node of a device
 * @off: node of a device
 * @bridge: node of a bus
 * @bridge_off: node of a bus
 * @mock: the instance
 * @software_node: what @mock had before
 */
struct mock_tree {
	struct of_changeset changes;
	struct device_node *root;
	struct device_node *iommu;
	struct device_node *iommu_off;
	struct device_node *masters[MOCK_TREE_MASTERS];
	struct device_node *lone;
	struct device_node *off;
	struct device_node *bridge;
	struct device_node *bridge_off;
	struct mock_iommu *mock;
	struct fwnode_handle *software_node;
};

/* What iommu_missing_policy() and iommu_missing_expired() answer to the test */
extern enum iommu_missing mock_missing_policy;
extern bool mock_missing_expired;

/**
 * mock_tree_create() - put a mock instance into a device tree
 * @test: test that owns it; skipped if this kernel has no tree
 * @mock: instance, not registered yet
 *
 * Policy is to defer, and drivers are still expected, until the test says
 * otherwise.
 *
 * Return: the tree; it is gone with the test, after devices made later.
 */
struct mock_tree *mock_tree_create(struct kunit *test, struct mock_iommu *mock);

/**
 * mock_tree_device() - make a device that a node of the tree describes
 * @test: test that owns it
 * @tree: tree
 * @np: its node
 * @key: devices with the same key share a group
 *
 * Return: the device, not on its bus yet.
 */
struct mock_device *mock_tree_device(struct kunit *test, struct mock_tree *tree,
				     struct device_node *np, int key);

#endif /* __IOMMU_CORE_MOCK_TREE_H */
