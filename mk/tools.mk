# SPDX-License-Identifier: BSD-2-Clause
# `postern`, the command-line tool of the person at the host.
POSTERN := $(B)/postern
# Evidence is parsed by the guest's own code; the file that fetches it is the guest's alone.
TOOL_SRC := $(wildcard tools/*.c) $(filter-out attest/evidence.c,$(wildcard attest/*.c)) lib/status.c probe/select.c
TOOL_OBJ := $(patsubst %.c,$(B)/native/%.o,$(TOOL_SRC))

$(B)/native/%.o: %.c
	@mkdir -p $(@D); echo "  $@"
	$(CC_native) -std=c11 -D_GNU_SOURCE -O2 -g -ffunction-sections $(WARN) $(REPRO) -DTOOL=1 -DPOSTERN_VERSION='"$(VERSION)"' -Iinclude -Ihosts/arm64 $(DEPFLAGS) -c $< -o $@

$(POSTERN): $(TOOL_OBJ)
	$(CC_native) -Wl,--gc-sections -o $@ $^ -lbearssl -ljansson -lcrypto

-include $(TOOL_OBJ:%=%.d)
.PHONY: tools
tools: $(POSTERN)
