/* SPDX-License-Identifier: BSD-2-Clause */
/* RMP, attributes and nested tables of the SNP model held against each other (by fake_snp.h). */
#ifndef SNP_INVARIANTS_H
#define SNP_INVARIANTS_H

static inline bool fake_lent(u64 gpa)
{
	for (unsigned c = 0; c < config.cpus; c++) {
		const struct snp_vcpu *hw = snp_hw(&vcpus[c]);

		for (unsigned i = 0; i < hw->temps && hw->lent; i++) {
			if (hw->temp[i].gpa == gpa)
				return true;
		}
	}
	return false;
}

static inline u64 fake_gpa(size_t i)
{
	u64 at = i * PAGE_SIZE;

	if (at < FAKE_LOW)
		return at;
	at -= FAKE_LOW;
	return at < FAKE_HIGH ? HIGH_BASE + at : FIRMWARE_BASE + at - FAKE_HIGH;
}

#define HOLDS(condition)                                                                           \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: page 0x%llx: %s\n", __FILE__, __LINE__,            \
				(unsigned long long)gpa, #condition);                              \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

static inline void fake_low_alias(u64 gpa, const struct rmp_entry *e, const struct fake_leaf *l)
{
	if (l->perms == 0)
		return;
	if (l->mpa == backing_private(gpa)) {
		HOLDS(fake_lent(gpa) && e->state == RMP_GV);
		return;
	}
	HOLDS((l->perms & NPT_X) == 0);
	if (e->state == RMP_H)
		HOLDS(!host_is_private(gpa) && l->mpa == (u64)(uintptr_t)host_shared(gpa));
	else
		HOLDS((l->perms & NPT_W) == 0);
}

static inline void fake_invariants(void)
{
	for (size_t i = 0; i < FAKE_PAGES; i++) {
		u64 gpa = fake_gpa(i);
		const struct rmp_entry *e = rmp_get(gpa),
				       *first = rmp_get(align_down(gpa, BLOCK_SIZE));
		const struct fake_leaf *c = &fake_npt[0].leaf[1][i];
		const struct fake_leaf *u = &fake_npt[1].leaf[0][i];

		HOLDS(e != NULL);
		HOLDS(e->state != RMP_H || (!e->size_2m && !e->vmsa && !e->immutable));
		HOLDS(!e->size_2m || (first->size_2m && first->state == e->state));
		HOLDS(e->state == RMP_H || host_is_private(gpa));
		HOLDS(!e->vmsa || e->state == RMP_GV);
		HOLDS(c->perms == 0 || (e->state == RMP_GV && c->mpa == backing_private(gpa)));
		HOLDS(u->perms == 0 || (e->state == RMP_GV && u->mpa == backing_private(gpa)));
		HOLDS((c->perms | u->perms) == 0 || e->touched);
		HOLDS(!c->large || e->size_2m);
		fake_low_alias(gpa, e, &fake_npt[0].leaf[0][i]);
	}
}

#endif
