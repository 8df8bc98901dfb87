# SPDX-License-Identifier: BSD-2-Clause
# Style and static analysis. One job per finding tool, so that -j spreads them.

C_FILES := $(shell git ls-files '*.c' '*.h')

.PHONY: lint lint-format lint-clang lint-tidy lint-cppcheck lint-words format
## make lint            clang-format, clang as a second compiler, clang-tidy, cppcheck, house rules
lint: lint-format lint-clang lint-tidy lint-cppcheck lint-words

## make format          lay out all C files by .clang-format
format:
	clang-format -i $(C_FILES)

lint-format:
	@clang-format --dry-run -Werror $(C_FILES)

# Guest, hosts and tool once more with clang, same warnings, into a build directory of its own.
lint-clang: deps-guest $(KEYS)
	@$(MAKE) --no-print-directory CLANG=1 B=$(B)/clang SYSROOT=$(SYSROOT) KEYS=$(KEYS) clang-objects

.PHONY: clang-objects
clang-objects: $(foreach a,$(ARCHS),$(foreach j,$(JOBS),$(call guest_objects,$(a),$(j)))) $(HOST_OBJ_cca) $(HOST_OBJ_pkvm) $(HOST_OBJ_snp) $(HOST_OBJ_tdx)

TIDY_TOOLS  := $(filter tools/%.c,$(C_FILES))
TIDY_GUEST  := $(filter boot/%.c mm/%.c rsi/%.c pkvm/%.c ghcb/%.c tdcall/%.c plain/%.c drivers/%.c virtio/%.c probe/%.c attest/%.c workload/%.c,$(C_FILES))
TIDY_X86    := $(filter ghcb/% tdcall/%,$(TIDY_GUEST)) $(foreach f,$(TIDY_GUEST),$(if $(findstring /x86_64/,$(f)),$(f)))
TIDY_ARM64  := $(filter-out $(TIDY_X86),$(TIDY_GUEST))
TIDY_PKVM   := $(filter hosts/arm64/pkvm/%.c hosts/arm64/vmm/pkvm/%.c,$(C_FILES))
TIDY_HOSTS  := $(filter-out $(TIDY_PKVM),$(filter hosts/common/%.c hosts/arm64/%.c,$(C_FILES)))
TIDY_SNP    := $(filter hosts/x86/core/%.c hosts/x86/vmm/%.c hosts/x86/snp/%.c,$(C_FILES))
TIDY_TDX    := $(filter hosts/x86/tdx/%.c,$(C_FILES))

lint-tidy: deps-guest $(KEYS)
	@clang-tidy --quiet $(TIDY_TOOLS) -- -std=c11 -D_GNU_SOURCE -DPOSTERN_VERSION='""' -Iinclude -Ihosts -Ihosts/arm64 -Ihosts/arm64/rmm 2>&1 | $(TIDY_FILTER)
	@clang-tidy --quiet $(TIDY_ARM64) -- --target=aarch64-linux-gnu -std=c11 -ffreestanding -DGUEST=1 -Iinclude $(INC_arm64) 2>&1 | $(TIDY_FILTER)
	@clang-tidy --quiet $(TIDY_X86) -- --target=x86_64-linux-gnu -std=c11 -ffreestanding -DGUEST=1 -Iinclude $(INC_x86_64) 2>&1 | $(TIDY_FILTER)
	@clang-tidy --quiet $(TIDY_HOSTS) -- --target=aarch64-linux-gnu -std=c11 -ffreestanding -DHOST=1 -Iinclude -Ihosts -Ihosts/arm64 -Ihosts/arm64/rmm -I$(dir $(KEYS)) $(INC_arm64) 2>&1 | $(TIDY_FILTER)
	@clang-tidy --quiet $(TIDY_PKVM) -- --target=aarch64-linux-gnu -std=c11 -ffreestanding -DHOST=1 -Iinclude -Ihosts -Ihosts/arm64 -Ihosts/arm64/pkvm -I$(dir $(KEYS)) $(INC_arm64) 2>&1 | $(TIDY_FILTER)
	@clang-tidy --quiet $(TIDY_SNP) -- --target=x86_64-linux-gnu -std=c11 -ffreestanding -DHOST=1 -Iinclude -Ihosts -Ihosts/x86 -Ihosts/x86/snp -I$(dir $(KEYS)) $(INC_x86_64) 2>&1 | $(TIDY_FILTER)
	@clang-tidy --quiet $(TIDY_TDX) -- --target=x86_64-linux-gnu -std=c11 -ffreestanding -DHOST=1 -Iinclude -Ihosts -Ihosts/x86 -Ihosts/x86/tdx -I$(dir $(KEYS)) $(INC_x86_64) 2>&1 | $(TIDY_FILTER)

# Keeps findings, drops the tool's count of suppressed ones; pipefail keeps its exit code.
TIDY_FILTER := { grep -v -E '^([0-9]+ warnings? (and [0-9]+ errors? )?generated|Suppressed|Use -header-filter|$$)' || true; }

lint-cppcheck:
	@cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr --error-exitcode=1 \
		--suppress=missingIncludeSystem --suppress=preprocessorErrorDirective --suppressions-list=tests/cppcheck.txt \
		-D__clang_analyzer__ --force -j 2 -Iinclude -Ihosts -Ihosts/arm64 -Ihosts/arm64/rmm $(filter-out tests/%,$(filter %.c,$(C_FILES)))

lint-words:
	@tests/house.sh

# The rule tables of docs/ are what the tool prints.
DOC_cca := CCA,GEN
DOC_snp := SNP
DOC_tdx := TDX
DOC_pkvm := PKVM
DOC_devices := DEV
DOC_gic := GIC
DOC_PAGES := cca snp tdx pkvm devices gic
.PHONY: docs lint-docs
## make docs            write the rule tables into docs/
docs: $(POSTERN)
	@$(foreach d,$(DOC_PAGES),tests/doctable.sh $(POSTERN) docs/$(d).md $(DOC_$(d)) >$(B)/$(d).md && cp $(B)/$(d).md docs/$(d).md;)
lint-docs: $(POSTERN)
	@for d in $(foreach d,$(DOC_PAGES),$(d):$(DOC_$(d))); do \
		page=docs/$${d%%:*}.md; tests/doctable.sh $(POSTERN) $$page $${d#*:} | cmp - $$page || { echo "$$page is not what the tables say: make docs" >&2; exit 1; }; \
	done
lint: lint-docs
