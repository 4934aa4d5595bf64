/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Entries by twos: half the instructions of a run.
 */
#ifndef __LPAE_PAIR_H
#define __LPAE_PAIR_H

#include <linux/compiler.h>
#include <linux/types.h>

#if defined(CONFIG_ARM64) && !defined(CONFIG_KCSAN)
/*
 * Two entries by one instruction.  Each of them is loaded or stored at once for
 * every observer that looks at it alone (Arm ARM B2.2.1), which is all that
 * READ_ONCE() and WRITE_ONCE() promise, but the compiler does not join those.
 */
static __always_inline void lpae_load_pair(const u64 *p, const int i, u64 *a,
					   u64 *b)
{
	asm volatile("ldp %0, %1, [%2, %3]"
		     : "=r"(*a), "=r"(*b) : "r"(p), "i"(i * sizeof(*p)));
}

static __always_inline void lpae_store_pair(u64 *p, const int i, u64 a, u64 b)
{
	asm volatile("stp %x0, %x1, [%2, %3]"
		     : : "rZ"(a), "rZ"(b), "r"(p), "i"(i * sizeof(*p))
		     : "memory");
}
#else
static __always_inline void lpae_load_pair(const u64 *p, const int i, u64 *a,
					   u64 *b)
{
	*a = READ_ONCE(p[i]);
	*b = READ_ONCE(p[i + 1]);
}

static __always_inline void lpae_store_pair(u64 *p, const int i, u64 a, u64 b)
{
	WRITE_ONCE(p[i], a);
	WRITE_ONCE(p[i + 1], b);
}
#endif

#endif /* __LPAE_PAIR_H */
