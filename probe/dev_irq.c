/* SPDX-License-Identifier: BSD-2-Clause */
#include "dev_irq.h"

#include <string.h>

#define SETTLE_NS 2000000ULL

void heard_handler(void *ctx)
{
	struct heard *h = ctx;

	__atomic_fetch_add(&h->on[arch_cpu_index()], 1, __ATOMIC_RELAXED);
	if (h->wired != NULL)
		(void)h->wired->transport->interrupt_status(h->wired);
}

u64 heard_on(const struct heard *h, unsigned cpu)
{
	return __atomic_load_n(&h->on[cpu], __ATOMIC_RELAXED);
}

u64 heard_all(const struct heard *h)
{
	u64 sum = 0;

	for (unsigned cpu = 0; cpu < SMP_MAX_CPUS; cpu++)
		sum += heard_on(h, cpu);
	return sum;
}

bool heard_more(const struct heard *h, u64 before, u64 ns)
{
	struct deadline d = deadline_in(ns);

	/* Interrupts reach a guest when it is entered. */
	while (heard_all(h) <= before && !deadline_passed(&d))
		visit_host();
	return heard_all(h) > before;
}

void heard_settle(void)
{
	struct deadline d = deadline_in(SETTLE_NS);

	while (!deadline_passed(&d))
		visit_host();
}

/* ---- a device that interrupts ---- */

static void unaim(struct source *s)
{
	if (s->aimed && s->wired)
		irq_unwire(s->ring.d->intid);
	else if (s->aimed)
		irq_msi_free(&s->message);
	s->aimed = false;
}

static enum status aim_message(struct source *s, unsigned cpu, bool masked)
{
	struct msi_message m;
	enum status st = irq_msi_alloc(s->ring.d->pci->bdf, cpu, heard_handler, &s->heard, &m);

	if (st != ST_OK)
		return st;
	/* The new one stands in the table before the old one's vector is anybody's
	 * again. */
	st = pci_msix_set(s->ring.d->pci, s->entry, &m, masked);
	unaim(s);
	s->message = m;
	s->aimed = true;
	return st;
}

static enum status aim_wire(struct source *s, unsigned cpu)
{
	enum status st;

	unaim(s);
	st = irq_wire(s->ring.d->intid, true, cpu, heard_handler, &s->heard);
	s->aimed = st == ST_OK;
	return st;
}

bool source_aim(struct source *s, unsigned cpu, bool masked)
{
	enum status st = s->wired ? aim_wire(s, cpu) : aim_message(s, cpu, masked);

	return expect_eq(s->wired ? "wiring the interrupt" : "setting the MSI-X entry", st, ST_OK);
}

static bool has_wire(const struct virtio_device *d)
{
	return d->pci == NULL && d->intid != 0 && irq_available();
}

static bool has_messages(const struct virtio_device *d)
{
	struct heard h = { .wired = NULL };
	struct msi_message m;

	if (d->pci == NULL || d->pci->msix_entries == 0 ||
	    irq_msi_alloc(d->pci->bdf, 0, heard_handler, &h, &m) != ST_OK)
		return false;
	irq_msi_free(&m);
	return true;
}

bool source_possible(const struct virtio_device *d)
{
	return has_wire(d) || has_messages(d);
}

bool source_open(struct source *s, struct virtio_device *d, u16 entry)
{
	u16 vector = VIRTIO_MSI_NO_VECTOR;

	memset(s, 0, sizeof(*s));
	s->entry = entry;
	if (d == NULL)
		return false;
	s->wired = has_wire(d);
	if (!source_possible(d)) {
		check_skip("no interrupts of the %s device here", dev_name(d));
		return false;
	}
	if (!bare_open(&s->ring, d, 0))
		return false;
	if (s->wired)
		s->heard.wired = d;
	else
		vector = entry;
	if (!source_aim(s, 0, false) ||
	    (!s->wired && !expect_eq("enabling MSI-X", pci_msix_enable(d->pci, true), ST_OK))) {
		bare_close(&s->ring);
		unaim(s);
		return false;
	}
	if (bare_start(&s->ring, vector))
		return true;
	unaim(s);
	return false;
}

void source_close(struct source *s)
{
	bare_close(&s->ring);
	if (!s->wired) {
		(void)pci_msix_mask(s->ring.d->pci, s->entry, true);
		(void)pci_msix_enable(s->ring.d->pci, false);
	}
	unaim(s);
}

bool source_request(struct source *s, bool want)
{
	bare_want_interrupt(&s->ring, want);
	return bare_request(&s->ring);
}
