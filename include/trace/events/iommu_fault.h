/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Trace events of terminated DMA faults: all that a driver decoded, for each
 * one, also for those that the log leaves out; and of page requests, with their
 * answers.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM iommu
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE iommu_fault

#if !defined(_TRACE_IOMMU_FAULT_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_IOMMU_FAULT_H

#include <linux/iommu.h>
#include <linux/tracepoint.h>

#define show_dma_fault_reason(reason) \
	__print_symbolic(reason, \
			 { IOMMU_FAULT_REASON_UNKNOWN, "unknown" }, \
			 { IOMMU_FAULT_REASON_UNMAPPED, "unmapped" }, \
			 { IOMMU_FAULT_REASON_PERMISSION, "permission" }, \
			 { IOMMU_FAULT_REASON_ACCESS_FLAG, "access-flag" }, \
			 { IOMMU_FAULT_REASON_ADDRESS_SIZE, "address-size" }, \
			 { IOMMU_FAULT_REASON_BLOCKED, "blocked" }, \
			 { IOMMU_FAULT_REASON_STREAM, "stream" }, \
			 { IOMMU_FAULT_REASON_PASID, "pasid" }, \
			 { IOMMU_FAULT_REASON_UNSUPPORTED, "unsupported" }, \
			 { IOMMU_FAULT_REASON_CONFIG, "config" }, \
			 { IOMMU_FAULT_REASON_WALK, "walk" }, \
			 { IOMMU_FAULT_REASON_CONFLICT, "conflict" })

#define show_dma_fault_access(access) \
	__print_flags(access, "|", \
		      { IOMMU_FAULT_ACCESS_WRITE, "write" }, \
		      { IOMMU_FAULT_ACCESS_EXEC, "exec" }, \
		      { IOMMU_FAULT_ACCESS_PRIV, "priv" }, \
		      { IOMMU_FAULT_ACCESS_KNOWN, "known" })

TRACE_EVENT(dma_fault,
	    TP_PROTO(const struct iommu_fault_record *rec, const char *instance,
		     const char *device),
	    TP_ARGS(rec, instance, device),
	    TP_STRUCT__entry(__string(instance, instance)
			     __string(device, device)
			     __string(name, rec->name ?: "")
			     __field(u64, iova)
			     __field(u64, ipa)
			     __field(u32, stream)
			     __field(u32, pasid)
			     __field(u8, reason)
			     __field(u8, access)
			     __field(u8, stage)
			     __field(s8, level)
			     __field(bool, has_iova)
			     __field(bool, has_ipa)),
	    TP_fast_assign(__assign_str(instance);
			   __assign_str(device);
			   __assign_str(name);
			   __entry->iova = rec->iova;
			   __entry->ipa = rec->ipa;
			   __entry->stream = rec->stream;
			   __entry->pasid = rec->pasid;
			   __entry->reason = rec->reason;
			   __entry->access = rec->access;
			   __entry->stage = rec->stage;
			   __entry->level = rec->level;
			   __entry->has_iova = rec->has_iova;
			   __entry->has_ipa = rec->has_ipa;),
	    TP_printk("instance=%s stream=0x%x device=%s pasid=%d iova=0x%016llx%s ipa=0x%016llx%s access=%s reason=%s stage=%u level=%d name=%s",
		      __get_str(instance), __entry->stream, __get_str(device),
		      (int)__entry->pasid,
		      __entry->iova, __entry->has_iova ? "" : "(none)",
		      __entry->ipa, __entry->has_ipa ? "" : "(none)",
		      show_dma_fault_access(__entry->access),
		      show_dma_fault_reason(__entry->reason),
		      __entry->stage, __entry->level, __get_str(name))
);

#define show_page_request_perm(perm) \
	__print_flags(perm, "|", \
		      { IOMMU_FAULT_PERM_READ, "read" }, \
		      { IOMMU_FAULT_PERM_WRITE, "write" }, \
		      { IOMMU_FAULT_PERM_EXEC, "exec" }, \
		      { IOMMU_FAULT_PERM_PRIV, "priv" })

#define show_page_response_code(code) \
	__print_symbolic(code, \
			 { IOMMU_PAGE_RESP_SUCCESS, "success" }, \
			 { IOMMU_PAGE_RESP_INVALID, "invalid" }, \
			 { IOMMU_PAGE_RESP_FAILURE, "failure" })

/* -1 stands for no PASID, as in dma_fault. */
TRACE_EVENT(page_request,
	    TP_PROTO(const char *device,
		     const struct iommu_fault_page_request *prm),
	    TP_ARGS(device, prm),
	    TP_STRUCT__entry(__string(device, device)
			     __field(u64, addr)
			     __field(u32, pasid)
			     __field(u32, grpid)
			     __field(u32, perm)
			     __field(bool, last)),
	    TP_fast_assign(__assign_str(device);
			   __entry->addr = prm->addr;
			   __entry->pasid = prm->flags &
					    IOMMU_FAULT_PAGE_REQUEST_PASID_VALID ?
					    prm->pasid : IOMMU_PASID_INVALID;
			   __entry->grpid = prm->grpid;
			   __entry->perm = prm->perm;
			   __entry->last = prm->flags &
					   IOMMU_FAULT_PAGE_REQUEST_LAST_PAGE;),
	    TP_printk("device=%s pasid=%d group=%u addr=0x%016llx perm=%s%s",
		      __get_str(device), (int)__entry->pasid, __entry->grpid,
		      __entry->addr, show_page_request_perm(__entry->perm),
		      __entry->last ? " last" : "")
);

TRACE_EVENT(page_response,
	    TP_PROTO(const char *device,
		     const struct iommu_fault_page_request *prm, u32 code),
	    TP_ARGS(device, prm, code),
	    TP_STRUCT__entry(__string(device, device)
			     __field(u32, pasid)
			     __field(u32, grpid)
			     __field(u32, code)),
	    TP_fast_assign(__assign_str(device);
			   __entry->pasid = prm->flags &
					    IOMMU_FAULT_PAGE_REQUEST_PASID_VALID ?
					    prm->pasid : IOMMU_PASID_INVALID;
			   __entry->grpid = prm->grpid;
			   __entry->code = code;),
	    TP_printk("device=%s pasid=%d group=%u code=%s",
		      __get_str(device), (int)__entry->pasid, __entry->grpid,
		      show_page_response_code(__entry->code))
);

#endif /* _TRACE_IOMMU_FAULT_H */

/* Outside of the guard: read again for each part of the event's code */
#include <trace/define_trace.h>
