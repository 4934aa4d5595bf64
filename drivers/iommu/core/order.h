/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Probe order, the same cases for every bus: firmware is a device tree, bus and
 * driver core are the machine's, the instance is a mock.
 */
#ifndef __IOMMU_CORE_ORDER_H
#define __IOMMU_CORE_ORDER_H

#include <kunit/test.h>

#include "mock-tree.h"

struct device;

/**
 * enum order_place - where firmware puts a device
 * @ORDER_LONE: behind no instance
 * @ORDER_OFF: behind one that is disabled
 * @ORDER_BEHIND: behind the mock
 */
enum order_place {
	ORDER_LONE,
	ORDER_OFF,
	ORDER_BEHIND,
};

/**
 * struct order_bus - a bus that is tested
 * @begin: register a driver whose probe calls order_probe(), and whatever else the
 *	bus needs; undone with the test
 * @add: put a device on the bus; it goes with the test
 * @stream: stream of a device at the mock
 *
 * @add and @stream take the number of the device: 0 or 1.
 */
struct order_bus {
	void (*begin)(struct kunit *test);
	struct device *(*add)(struct kunit *test, struct mock_tree *tree,
			      enum order_place place, int number);
	u32 (*stream)(int number);
};

/**
 * order_init() - start a test
 * @test: test
 * @bus: bus that it is about
 *
 * Return: 0.
 */
int order_init(struct kunit *test, const struct order_bus *bus);

/**
 * order_probe() - what the bus's driver does in its probe
 * @dev: device
 *
 * Return: 0, or an error.
 */
int order_probe(struct device *dev);

/* The cases */
const void *order_params(const void *prev, char *desc);
void order_decides(struct kunit *test);
void order_comes_late(struct kunit *test);
void order_two_devices(struct kunit *test);
void order_added_first(struct kunit *test);
void order_goes_under_driver(struct kunit *test);
void order_goes_meanwhile(struct kunit *test);

#endif /* __IOMMU_CORE_ORDER_H */
