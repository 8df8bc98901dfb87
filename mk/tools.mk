# SPDX-License-Identifier: BSD-2-Clause
# `postern`, the command-line tool of the person at the host.
POSTERN := $(B)/postern
TOOL_SRC := $(wildcard tools/*.c) lib/status.c probe/select.c
TOOL_OBJ := $(patsubst %.c,$(B)/native/%.o,$(TOOL_SRC))

$(B)/native/%.o: %.c
	@mkdir -p $(@D); echo "  $@"
	$(CC_native) -std=c11 -D_GNU_SOURCE -O2 -g $(WARN) $(REPRO) -DTOOL=1 -DPOSTERN_VERSION='"$(VERSION)"' -Iinclude -Ihosts/arm64 $(DEPFLAGS) -c $< -o $@

$(POSTERN): $(TOOL_OBJ)
	$(CC_native) -o $@ $^ -lcrypto

-include $(TOOL_OBJ:%=%.d)
.PHONY: tools
tools: $(POSTERN)
