// SPDX-License-Identifier: GPL-2.0
/*
 * The trace events that scripts know: group membership, attachment, map, unmap
 * and the legacy fault.  What we add is in fault.c.
 *
 * No test of its own: the suites of map.c and fault.c watch the events.
 */
#define CREATE_TRACE_POINTS
#include <trace/events/iommu.h>

#include <linux/export.h>

EXPORT_TRACEPOINT_SYMBOL_GPL(add_device_to_group);
EXPORT_TRACEPOINT_SYMBOL_GPL(remove_device_from_group);
EXPORT_TRACEPOINT_SYMBOL_GPL(attach_device_to_domain);
EXPORT_TRACEPOINT_SYMBOL_GPL(map);
EXPORT_TRACEPOINT_SYMBOL_GPL(unmap);
EXPORT_TRACEPOINT_SYMBOL_GPL(io_page_fault);
