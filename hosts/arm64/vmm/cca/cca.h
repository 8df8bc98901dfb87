/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The untrusted host's half that speaks RMI: what KVM does for a realm. Every page it hands to the
 * realm is delegated first, and private memory is out of its reach from then on.
 */
#ifndef CCA_CCA_H
#define CCA_CCA_H

#include "rmm/rmm.h"
#include "vmm/vmm.h"

#define REMOVED_MAX 32
/* Canonical addresses of a guest: machine memory where nothing lives (core.h). */
#define POISON_BLOCK 0x40000000ULL

struct cca {
	u64 rd;                   /* machine address of the realm's granule */
	u64 rec[CORE_MAX_CPUS];   /* and of each REC's */
	struct core_lock lock;    /* of all below */
	u64 free_granules;        /* list through the first word of each page; all are NS */
	u64 removed[REMOVED_MAX]; /* shared pages taken away, IPA without alias bit */
	unsigned nr_removed;
	struct {
		u64 ripas_change_exits, host_calls, data_create_unknown, unprotected_maps;
	} count;
};
extern struct cca cca;

/* ---- granules.c: machine pages for the realm ---- */
u64 granule_get(void);         /* a delegated page; 0 when there is none left */
void granule_put(u64 granule); /* back from the realm: undelegates it */

/* ---- stage2.c: the realm's translation tables ---- */
bool stage2_create_table(u64 ipa, u64 status); /* one level below the one in an RMI_ERROR_RTT */
enum status stage2_init_ripas(struct range r);
enum status stage2_data_create(u64 ipa, u64 source_page);
/* A page of unknown content, with neighbours when `around`. ST_DESTROYED: giving pages cannot help.
 */
enum status stage2_populate(u64 ipa, bool around);
enum status stage2_map_shared(u64 ipa);
enum status stage2_unmap_shared(u64 ipa); /* for good, until its RIPAS changes */
enum status stage2_destroy(u64 ipa);
void stage2_release(struct range r); /* private pages of a range that became EMPTY */
void stage2_shared_back(struct range r);
/* What backs the shared alias of a page of guest RAM. */
u64 stage2_backing(u64 ipa);
/* What backs its private side, out of reach of all but this host's faults; 0: nothing does now. */
u64 stage2_granule(u64 ipa);

/* ---- exits ---- */
void exit_ripas_change(struct vcpu *v); /* ripas.c */
void exit_psci(struct vcpu *v);         /* psci.c */
void exit_host_call(struct vcpu *v);    /* coop.c */

#endif
