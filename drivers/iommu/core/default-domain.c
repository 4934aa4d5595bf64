// SPDX-License-Identifier: GPL-2.0
/*
 * Default domains: what the members of a group use while nobody else owns them.
 *
 * The choice is the group's, not a device's: every member's driver is asked,
 * every member's reserved regions and limits enter the domain, and one member
 * that is not trusted makes it translated and strict.  A member that comes
 * later is subject to the same questions; where the answers do not fit the
 * domain and the domain is in use, it is refused.
 */
#include <kunit/static_stub.h>
#include <kunit/visibility.h>
#include <linux/export.h>
#include <linux/pci.h>

#include "../dma-iommu.h"
#include "core.h"
#include "default-domain.h"
#include "direct.h"

VISIBLE_IF_KUNIT bool iommu_default_domain_dma_api(void)
{
	KUNIT_STATIC_STUB_REDIRECT(iommu_default_domain_dma_api);
	return IS_ENABLED(CONFIG_IOMMU_DMA) &&
	       !IS_ENABLED(CONFIG_ARM_DMA_USE_IOMMU);
}
EXPORT_SYMBOL_IF_KUNIT(iommu_default_domain_dma_api);

VISIBLE_IF_KUNIT int iommu_default_domain_setup_dma(struct device *dev)
{
	KUNIT_STATIC_STUB_REDIRECT(iommu_default_domain_setup_dma, dev);
	return iommu_setup_dma_ops(dev);
}
EXPORT_SYMBOL_IF_KUNIT(iommu_default_domain_setup_dma);

VISIBLE_IF_KUNIT int iommu_default_domain_init_fq(struct iommu_domain *domain)
{
	KUNIT_STATIC_STUB_REDIRECT(iommu_default_domain_init_fq, domain);
	return iommu_dma_init_fq(domain);
}
EXPORT_SYMBOL_IF_KUNIT(iommu_default_domain_init_fq);

VISIBLE_IF_KUNIT void iommu_default_domain_stop_fq(struct iommu_domain *domain)
{
	KUNIT_STATIC_STUB_REDIRECT(iommu_default_domain_stop_fq, domain);
	iommu_dma_stop_fq(domain);
}
EXPORT_SYMBOL_IF_KUNIT(iommu_default_domain_stop_fq);

VISIBLE_IF_KUNIT struct iommu_domain *iommu_default_domain_new(struct device *dev,
							       unsigned int type)
{
	KUNIT_STATIC_STUB_REDIRECT(iommu_default_domain_new, dev, type);
	return iommu_domain_new(dev, type);
}
EXPORT_SYMBOL_IF_KUNIT(iommu_default_domain_new);

VISIBLE_IF_KUNIT bool iommu_default_domain_untrusted(struct device *dev)
{
	KUNIT_STATIC_STUB_REDIRECT(iommu_default_domain_untrusted, dev);
	return dev_is_pci(dev) && to_pci_dev(dev)->untrusted;
}
EXPORT_SYMBOL_IF_KUNIT(iommu_default_domain_untrusted);

/**
 * struct wish - what the members of a group ask of their default domain
 * @type: IOMMU_DOMAIN_IDENTITY or IOMMU_DOMAIN_DMA, 0 if any will do
 * @strict: invalidation must not be deferred
 * @deferrable: every member's instance leaves invalidation to the caller
 */
struct wish {
	unsigned int type;
	bool strict;
	bool deferrable;
};

/* Addresses that a driver has handed out count for more than its wish. */
static unsigned int device_wish(struct device *dev)
{
	const struct iommu_ops *ops = dev_iommu_ops(dev);

	if (dev->iommu->direct)
		return IOMMU_DOMAIN_IDENTITY;
	return ops->def_domain_type ? ops->def_domain_type(dev) : 0;
}

/* Two drivers' wishes that differ come from quirks that need identity. */
static void wish_merge(struct wish *wish, struct device *dev)
{
	unsigned int type = device_wish(dev);

	if (type && wish->type && type != wish->type) {
		dev_warn(dev, "iommu: its group's members want different default domains, using identity\n");
		type = IOMMU_DOMAIN_IDENTITY;
	}
	if (type)
		wish->type = type;
	if (!device_iommu_capable(dev, IOMMU_CAP_DEFERRED_FLUSH))
		wish->deferrable = false;
}

static int group_wish(struct iommu_group *group, struct wish *wish)
{
	struct device *untrusted = NULL;
	struct group_member *member;

	*wish = (struct wish){ .deferrable = true };
	for_each_group_member(group, member) {
		wish_merge(wish, member->dev);
		if (iommu_default_domain_untrusted(member->dev))
			untrusted = member->dev;
	}
	if (!iommu_default_domain_dma_api())
		wish->type = IOMMU_DOMAIN_IDENTITY;
	if (!untrusted)
		return 0;

	if (wish->type && wish->type != IOMMU_DOMAIN_DMA) {
		dev_err(untrusted, "iommu: not trusted, but its group cannot be translated\n");
		return -EINVAL;
	}
	wish->type = IOMMU_DOMAIN_DMA;
	wish->strict = true;
	return 0;
}

static bool wish_allows(const struct wish *wish, unsigned int type)
{
	if (type == IOMMU_DOMAIN_DMA_FQ && (wish->strict || !wish->deferrable))
		return false;
	return !wish->type ||
	       wish->type == (type & IOMMU_DOMAIN_ALLOC_FLAGS);
}

static unsigned int wish_decide(const struct wish *wish)
{
	unsigned int type = iommu_default_domain_policy();

	if (wish->type && wish->type != (type & IOMMU_DOMAIN_ALLOC_FLAGS))
		type = wish->type;
	if (!wish_allows(wish, type))
		type &= IOMMU_DOMAIN_ALLOC_FLAGS;
	return type;
}

static struct iommu_domain *default_domain_alloc(struct iommu_group *group,
						 unsigned int type)
{
	struct device *dev = iommu_group_first_dev(group);
	const struct iommu_ops *ops = dev_iommu_ops(dev);
	struct iommu_domain *domain;
	struct wish wish;
	int ret;

	if (ops->default_domain) {
		if (type && type != ops->default_domain->type)
			return ERR_PTR(-EINVAL);
		return ops->default_domain;
	}

	ret = group_wish(group, &wish);
	if (ret)
		return ERR_PTR(ret);
	if (type)
		return wish_allows(&wish, type) ?
			iommu_default_domain_new(dev, type) : ERR_PTR(-EINVAL);

	type = wish_decide(&wish);
	domain = iommu_default_domain_new(dev, type);
	if (!IS_ERR(domain) || wish.type || type == IOMMU_DOMAIN_DMA)
		return domain;
	dev_warn(dev, "iommu group %d: default domain of type %#x not available (%pe), using a strict DMA domain\n",
		 group->id, type, domain);
	return iommu_default_domain_new(dev, IOMMU_DOMAIN_DMA);
}

static int members_map_direct(struct iommu_group *group,
			      struct iommu_domain *domain,
			      struct device **culprit)
{
	struct group_member *member;
	int ret;

	for_each_group_member(group, member) {
		ret = iommu_resv_map_direct(domain, member->dev);
		if (ret) {
			*culprit = member->dev;
			return ret;
		}
	}
	return 0;
}

static int members_setup_dma(struct iommu_group *group, struct device **culprit)
{
	struct group_member *member;
	int ret;

	for_each_group_member(group, member) {
		ret = iommu_default_domain_setup_dma(member->dev);
		if (ret) {
			*culprit = member->dev;
			return ret;
		}
	}
	return 0;
}

static void members_release_dma(struct iommu_group *group)
{
	struct group_member *member;

	for_each_group_member(group, member)
		iommu_dma_release_device(member->dev);
}

/*
 * Some drivers build a domain's tables when the first device is attached and
 * cannot map before; with them a device that is doing DMA to a direct region
 * faults for a moment.
 */
static int default_domain_enter(struct iommu_group *group,
				struct iommu_domain *domain,
				struct device **culprit)
{
	bool unmapped = members_map_direct(group, domain, culprit);
	int ret;

	ret = iommu_group_attach(group, domain, culprit);
	if (ret)
		return ret;
	*culprit = NULL;
	if (unmapped) {
		ret = members_map_direct(group, domain, culprit);
		if (ret)
			return ret;
	}
	return members_setup_dma(group, culprit);
}

/*
 * Back to @was, which is @old unless the group was closed, or to nothing; nobody
 * may use @new when it is freed.  Where nothing was attached, some members may be
 * in @new by now, and if one of them cannot be blocked it stays the group's.
 */
static void default_domain_revert(struct iommu_group *group,
				  struct iommu_domain *old,
				  struct iommu_domain *was,
				  struct iommu_domain *new)
{
	struct device *ignored;

	members_release_dma(group);
	if (!was && iommu_group_block(group))
		return;
	group->default_domain = old;
	if (was)
		iommu_group_attach_nofail(group, was);
	if (old && members_setup_dma(group, &ignored))
		dev_err(ignored, "iommu: cannot return to its previous domain, no DMA until it is removed and added again\n");
	iommu_domain_free(new);
}

int iommu_default_domain_setup(struct iommu_group *group, unsigned int type,
			       struct device **culprit)
{
	struct iommu_domain *old = group->default_domain;
	struct iommu_domain *was = group->domain;
	struct iommu_domain *new;
	int ret;

	lockdep_assert_held(&group->mutex);

	*culprit = NULL;
	new = default_domain_alloc(group, type);
	if (IS_ERR(new))
		return PTR_ERR(new);
	if (new == old) {
		group->direct = iommu_direct_in(group);
		return 0;
	}

	if (old)
		members_release_dma(group);
	/* Before the attachment: deferred members are left alone by it. */
	group->default_domain = new;
	ret = default_domain_enter(group, new, culprit);
	if (ret) {
		default_domain_revert(group, old, was, new);
		return ret;
	}
	if (old)
		iommu_domain_free(old);
	group->direct = iommu_direct_in(group);
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(iommu_default_domain_setup);

/* Nobody uses the default domain, and nothing else is attached. */
static bool default_domain_idle(struct iommu_group *group)
{
	return !group->owner_cnt && group->domain == group->default_domain &&
	       xa_empty(&group->pasids);
}

/* Any member may have a strict domain, so this needs nobody's consent. */
static void default_domain_undefer(struct iommu_group *group)
{
	group->default_domain->type = IOMMU_DOMAIN_DMA;
	iommu_default_domain_stop_fq(group->default_domain);
}

static int default_domain_admit(struct iommu_group *group, struct device *dev,
				bool *replaced)
{
	struct iommu_domain *domain = group->default_domain;
	struct device *culprit;
	struct wish wish;
	int ret;

	*replaced = false;
	if (dev_iommu_ops(dev)->default_domain)
		return 0;
	ret = group_wish(group, &wish);
	if (ret)
		return ret;
	if (wish_allows(&wish, domain->type))
		return 0;

	if (default_domain_idle(group)) {
		*replaced = true;
		return iommu_default_domain_setup(group, wish.type, &culprit);
	}
	if (wish_allows(&wish, domain->type & IOMMU_DOMAIN_ALLOC_FLAGS)) {
		default_domain_undefer(group);
		return 0;
	}
	dev_err(dev, "iommu group %d: its default domain is in use and does not suit this device\n",
		group->id);
	return -EBUSY;
}

int iommu_default_domain_join(struct iommu_group *group, struct device *dev)
{
	bool replaced, unmapped;
	int ret;

	lockdep_assert_held(&group->mutex);

	ret = default_domain_admit(group, dev, &replaced);
	if (ret || replaced)
		return ret;

	/*
	 * The addresses that the device reserves are claimed before anything is
	 * mapped there, so that a conflict with a mapping of another member is
	 * seen while nothing is changed.
	 */
	ret = iommu_default_domain_setup_dma(dev);
	if (ret)
		return ret;
	unmapped = iommu_resv_map_direct(group->default_domain, dev);
	ret = iommu_group_attach_member(group, dev, group->domain);
	if (ret)
		return ret;
	group->direct |= dev->iommu->direct;
	return unmapped ? iommu_resv_map_direct(group->default_domain, dev) : 0;
}

void iommu_default_domain_free(struct iommu_group *group)
{
	lockdep_assert_held(&group->mutex);

	/* Who attached something of his own keeps it, but not this group. */
	group->domain = NULL;
	group->quarantined = false;
	if (group->blocking_domain)
		iommu_domain_free(group->blocking_domain);
	group->blocking_domain = NULL;
	if (group->default_domain)
		iommu_domain_free(group->default_domain);
	group->default_domain = NULL;
}

static int default_domain_defer(struct iommu_group *group)
{
	struct wish wish;
	int ret;

	ret = group_wish(group, &wish);
	if (ret)
		return ret;
	if (!wish_allows(&wish, IOMMU_DOMAIN_DMA_FQ))
		return -EINVAL;
	ret = iommu_default_domain_init_fq(group->default_domain);
	if (!ret)
		group->default_domain->type = IOMMU_DOMAIN_DMA_FQ;
	return ret;
}

static int default_domain_replace(struct iommu_group *group, unsigned int type)
{
	struct device *culprit;
	int ret;

	if (group->owner_cnt)
		return -EPERM;
	if (!default_domain_idle(group))
		return -EBUSY;
	ret = iommu_default_domain_setup(group, type, &culprit);
	if (ret)
		dev_warn(culprit ?: iommu_group_first_dev(group),
			 "iommu group %d keeps its default domain: %pe\n",
			 group->id, ERR_PTR(ret));
	return ret;
}

int iommu_default_domain_change(struct iommu_group *group, unsigned int type)
{
	struct iommu_domain *domain;
	int ret = 0;

	mutex_lock(&group->mutex);
	domain = group->default_domain;
	if (!iommu_group_has_instance(group) || !domain)
		ret = -EPERM;
	else if (type && domain->type == type)
		ret = 0;
	else if (type == IOMMU_DOMAIN_DMA_FQ && domain->type == IOMMU_DOMAIN_DMA)
		ret = default_domain_defer(group);
	else if (type == IOMMU_DOMAIN_DMA && domain->type == IOMMU_DOMAIN_DMA_FQ)
		default_domain_undefer(group);
	else
		ret = default_domain_replace(group, type);
	mutex_unlock(&group->mutex);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(iommu_default_domain_change);
