/* SPDX-License-Identifier: BSD-2-Clause */
/* Device access and an ID register. */
#include "arm64/mmio.h"
#include "arm64/sysreg.h"
#include "fatal.h"
#include "internal.h"

u64 pkvm_read_mmfr0(void)
{
	return read_sysreg(id_aa64mmfr0_el1);
}

/* A page EL2 will not open would abort at the access, with less to say about it. */
static void open_page(u64 pa, unsigned width)
{
	enum status st = pkvm_guard((struct range){ pa, width });

	if (st != ST_OK)
		fatal(st, "MMIO guard of 0x%llx", (unsigned long long)pa);
}

u64 pkvm_mmio_read(u64 pa, unsigned width)
{
	open_page(pa, width);
	return mmio_load(pa, width);
}

void pkvm_mmio_write(u64 pa, unsigned width, u64 value)
{
	open_page(pa, width);
	mmio_store(pa, width, value);
}
