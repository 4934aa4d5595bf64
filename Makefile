# SPDX-License-Identifier: GPL-2.0
# Build, boot and test the subsystem. "make help" lists what there is.

export BUILD ?= $(CURDIR)/build
IOMMU ?= smmuv3
export PYTHONPATH := $(CURDIR)/scripts
export PYTHONDONTWRITEBYTECODE := 1

LAB := scripts/with-python -m lab
WITH := $(if $(BASE),--base)

.PHONY: help boot check check-long tree kernel kunit kcsan iommufd lint compat shell patches bench clean

help:
	@echo 'The two commands:'
	@echo '  make boot      build Linux with this subsystem, boot it in QEMU, check what moves data'
	@echo '  make check     all of the tests: lint, suites (UML, arm64), boots, iommufd'
	@echo '  make check-long  what takes longer than its share of make check: KCSAN; modules, drivers and'
	@echo '                 devices that come and go, watched by kmemleak and lockdep; more of ACPI'
	@echo
	@echo 'Single parts:'
	@echo '  make tree      unpack the base kernel and lay our tree over it'
	@echo '  make tree KERNEL=DIR          lay it over your own 6.12.y tree'
	@echo '  make tree KERNEL=DIR UNDO=1   take it off again'
	@echo '  make patches   the same as a series for git am, in $(BUILD)/patches'
	@echo '  make kernel    the arm64 kernel and its modules'
	@echo '  make kunit     the suites on UML, with KASAN, UBSAN and lockdep'
	@echo '  make kcsan     the suites on arm64 with 4 processors under KCSAN'
	@echo '  make iommufd   the base kernel selftests of iommufd on our core, against its passes'
	@echo '                 (BASE=1: run them on the base and record what passes)'
	@echo '  make lint      checkpatch, sparse, W=1 and kernel-doc over our files'
	@echo '  make compat    build every user of the subsystem (arm64, x86-64) and check what they link'
	@echo '  make bench     instructions per map and unmap, ours beside the base'
	@echo '  make shell     a shell in the guest'
	@echo '  make clean     remove $(BUILD)'
	@echo
	@echo 'Variables: IOMMU=virtio boots with a virtio-iommu (smmuv3, virtio, smmuv3-acpi,'
	@echo 'virtio-acpi); ONLY="strict lazy" selects boots; BASE=1 builds and boots the base'
	@echo 'own subsystem instead; BUILD=DIR and JOBS=N say where and how wide.'

boot:
	@$(LAB) boot $(WITH) --iommu $(IOMMU) $(ONLY)

check:
	@$(LAB) check

check-long:
	@$(LAB) check-long

tree:
	@$(LAB) tree $(WITH) $(if $(KERNEL),--kernel $(KERNEL)) $(if $(UNDO),--undo)

kernel:
	@$(LAB) kernel $(WITH)

kunit:
	@$(LAB) kunit $(ONLY)

kcsan:
	@$(LAB) kcsan

iommufd:
	@$(LAB) iommufd $(WITH)

lint:
	@$(LAB) lint

compat:
	@$(LAB) compat

shell:
	@$(LAB) shell $(WITH) --iommu $(IOMMU)

patches:
	@$(LAB) patches

bench:
	@$(LAB) bench $(WITH)

clean:
	@$(LAB) clean
