# SPDX-License-Identifier: BSD-2-Clause
# Unit tests: tests/unit/test_X.c names what it tests in two comment lines,
#   sources: mm/memmap.c lib/range.c
#   libs: -lfdt
# and is built with those files under ASan and UBSan. Fuzz targets in tests/fuzz likewise.

SAN := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
header_field = $(shell sed -n 's|^.*$(2): *||p' $(1) | head -1)

UNIT_TESTS := $(patsubst tests/unit/%.c,%,$(wildcard tests/unit/test_*.c))

define unit_rules
$(B)/unit/$(1): tests/unit/$(1).c $(call header_field,tests/unit/$(1).c,sources) $(wildcard include/*.h include/abi/*.h probe/*.def)
	@mkdir -p $$(@D)
	gcc -std=c11 -D_GNU_SOURCE -g -O1 $(SAN) $(WARN) -Wno-missing-prototypes --coverage -DNATIVE=1 -Iinclude -I. -Itests/unit \
		-o $$@ tests/unit/$(1).c $(call header_field,tests/unit/$(1).c,sources) \
		$(call header_field,tests/unit/$(1).c,libs) -lcmocka
endef
$(foreach t,$(UNIT_TESTS),$(eval $(call unit_rules,$(t))))

.PHONY: unit
## make unit            native unit tests under ASan and UBSan
unit: $(UNIT_TESTS:%=$(B)/unit/%)
	@for t in $(UNIT_TESTS); do (cd $(B)/unit && ./$$t) || exit 1; done
