/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupts of devices (VIRTIO 1.2, 2.7.7; PCI 3.0, 6.8): wanted or not,
 * masked, and where they arrive. */
#include "dev_irq.h"

#define LISTEN_NS  (4 * WAIT_NS)
#define REQUESTS   200
#define QUIET      50
#define QUIET_MAX  2 /* 2.7.7.2: the wish is a hint, and may come late */
#define ARRIVAL_NS 100000000ULL

/* An entropy device that does not answer is judged by another check; here nothing can be. */
static bool answered(struct source *s, bool want)
{
	if (source_request(s, want))
		return true;
	if (s->ring.d->id == VIRTIO_ID_ENTROPY)
		check_skip("the entropy device does not answer, see virtio.ring.notify");
	else
		check_fail("a request", "an answer", "none");
	return false;
}

/* Each completion interrupts before the next request is made. */
static unsigned ask(struct source *s)
{
	unsigned i = 0;

	for (; i < REQUESTS; i++) {
		u64 before = heard_all(&s->heard);

		if (!answered(s, true) ||
		    !expect_true("a completion that shall interrupt",
				 heard_more(&s->heard, before, ARRIVAL_NS), "an interrupt"))
			break;
	}
	return i;
}

static void ask_for_each(struct source *s)
{
	(void)ask(s);
}

static void ask_for_each_once(struct source *s)
{
	unsigned completions = ask(s);

	heard_settle();
	expect_eq("interrupts of so many completions", heard_all(&s->heard), completions);
}

static void ask_for_none(struct source *s)
{
	for (unsigned i = 0; i < QUIET; i++)
		if (!answered(s, false))
			return;
	heard_settle();
	check_note("%llu interrupts of %u completions", (unsigned long long)heard_all(&s->heard),
		   QUIET);
	expect_true("completions that shall not interrupt", heard_all(&s->heard) <= QUIET_MAX,
		    "no interrupts, or two that were on their way");
}

static void on_this_cpu(struct virtio_device *d, void (*fn)(struct source *s))
{
	struct listener l;
	struct source s;

	check_note("virtio %s by %s", dev_name(d), d->transport->name);
	if (!source_open(&s, d, 0))
		return;
	if (listen_start(&l, 0, LISTEN_NS)) {
		fn(&s);
		listen_stop(&l);
	}
	source_close(&s);
}

/* The modelled device and the entropy devices, as far as they interrupt. */
static void on_each_source(void (*fn)(struct source *s))
{
	static const u32 ids[] = { VIRTIO_ID_VSOCK, VIRTIO_ID_ENTROPY };
	unsigned sources = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(ids); i++) {
		for (unsigned n = 0; virtio_find(ids[i], n) != NULL && !check_failed(); n++) {
			struct virtio_device *d = dev_nth(ids[i], n);

			if (d == NULL || !source_possible(d))
				continue;
			on_this_cpu(d, fn);
			sources++;
		}
	}
	if (sources == 0)
		check_skip("no device that interrupts");
}

void dev_ring_interrupts(void)
{
	on_each_source(ask_for_each);
}

void dev_ring_interrupt_once(void)
{
	on_each_source(ask_for_each_once);
}

void dev_ring_quiet(void)
{
	on_each_source(ask_for_none);
}

/* ---- where it arrives ---- */

/* Once, there, and nowhere else. */
static bool arrives(struct source *s, unsigned cpu)
{
	u64 there = heard_on(&s->heard, cpu), all = heard_all(&s->heard);
	struct listener l;

	if (!source_aim(s, cpu, false) || !listen_start(&l, cpu, LISTEN_NS))
		return false;
	(void)source_request(s, true);
	(void)heard_more(&s->heard, all, ARRIVAL_NS);
	heard_settle();
	listen_stop(&l);
	check_note("CPU %u", cpu);
	return expect_eq("interrupts on the CPU they were aimed at",
			 heard_on(&s->heard, cpu) - there, 1) &&
	       expect_eq("interrupts in all", heard_all(&s->heard) - all, 1);
}

static void on_every_cpu(struct virtio_device *d, u16 entry)
{
	struct source s;

	if (!source_open(&s, d, entry))
		return;
	for (unsigned cpu = 0; cpu < smp_cpu_count() && !check_failed(); cpu++)
		if (can_listen(cpu))
			(void)arrives(&s, cpu);
	source_close(&s);
}

/* A function with messages, for the checks of these; NULL: skip has been said. */
static struct virtio_device *messenger(void)
{
	for (unsigned n = 0; virtio_find(VIRTIO_ID_ENTROPY, n) != NULL; n++) {
		struct virtio_device *d = dev_nth(VIRTIO_ID_ENTROPY, n);

		if (d != NULL && d->pci != NULL && d->pci->msix_entries != 0)
			return d;
	}
	check_skip("no entropy device with MSI-X");
	return NULL;
}

void dev_msix_cpus(void)
{
	struct virtio_device *d = messenger();
	unsigned entries = d != NULL ? d->pci->msix_entries : 0;

	for (u16 entry = 0; entry < entries && !check_failed(); entry++) {
		check_note("entry %u of %u", entry, entries);
		d = messenger();
		if (d != NULL)
			on_every_cpu(d, entry);
	}
}

void dev_irq_wired(void)
{
	static const u32 ids[] = { VIRTIO_ID_VSOCK, VIRTIO_ID_ENTROPY };

	for (unsigned i = 0; i < ARRAY_SIZE(ids); i++) {
		for (unsigned n = 0; virtio_find(ids[i], n) != NULL; n++) {
			struct virtio_device *d = dev_nth(ids[i], n);

			if (d == NULL || d->pci != NULL || !source_possible(d))
				continue;
			on_every_cpu(d, 0);
			return;
		}
	}
	check_skip("no wired interrupt");
}

/* ---- masking ---- */

/* Two completions while the entry is masked: they pend as one. */
static bool while_masked(struct source *s)
{
	bool first = source_aim(s, 0, true) && source_request(s, true);

	return expect_true("two requests", first && source_request(s, true), "answered");
}

static void stays_pending(struct source *s)
{
	heard_settle();
	expect_eq("interrupts of a masked entry", heard_all(&s->heard), 0);
	expect_true("its pending bit", pci_msix_pending(s->ring.d->pci, s->entry), "set");
}

static void comes_when_unmasked(struct source *s)
{
	expect_eq("unmasking", pci_msix_mask(s->ring.d->pci, s->entry, false), ST_OK);
	(void)heard_more(&s->heard, 0, ARRIVAL_NS);
	heard_settle();
	expect_eq("interrupts after unmasking", heard_all(&s->heard), 1);
	expect_true("its pending bit", !pci_msix_pending(s->ring.d->pci, s->entry), "clear");
}

static void masked(void (*fn)(struct source *s))
{
	struct listener l;
	struct source s;

	if (!source_open(&s, messenger(), 0))
		return;
	if (listen_start(&l, 0, LISTEN_NS)) {
		if (while_masked(&s))
			fn(&s);
		listen_stop(&l);
	}
	source_close(&s);
}

void dev_msix_masked(void)
{
	masked(stays_pending);
}

void dev_msix_unmasked(void)
{
	masked(comes_when_unmasked);
}
