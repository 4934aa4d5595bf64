// SPDX-License-Identifier: GPL-2.0
/*
 * Who uses a domain.
 *
 * Its KUnit suite is ats_test.c, as what a list of users is for is invalidation.
 */
#include <kunit/visibility.h>

#include "smmu.h"

void smmu3_attachment_add(struct smmu3_domain *sd,
			  struct smmu3_attachment *att)
{
	unsigned long flags;

	att->ats = smmu3_ats_eats(att->device);
	raw_spin_lock_irqsave(&sd->attachments_lock, flags);
	list_add_tail(&att->list, &sd->attachments);
	/* Visible to the CPUs before the commands that follow: smmu3_atc_flush() */
	if (att->ats)
		atomic_inc(&sd->num_ats);
	raw_spin_unlock_irqrestore(&sd->attachments_lock, flags);
}
EXPORT_SYMBOL_IF_KUNIT(smmu3_attachment_add);

void smmu3_attachment_remove(struct smmu3_domain *sd,
			     struct smmu3_attachment *att)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&sd->attachments_lock, flags);
	list_del_init(&att->list);
	sd->removals++;
	if (att->ats)
		atomic_dec(&sd->num_ats);
	raw_spin_unlock_irqrestore(&sd->attachments_lock, flags);
}
EXPORT_SYMBOL_IF_KUNIT(smmu3_attachment_remove);
