/* SPDX-License-Identifier: BSD-2-Clause */
/* The checks, rules and faults, from the same .def files as guest and host. */
#include <string.h>

#include "postern.h"

const struct rule rules[] = {
#define RULE(id, source, text, reason) { id, source, text, reason },
#include "../probe/rules.def"
#undef RULE
};
const size_t rule_count = ARRAY_SIZE(rules);

const struct check checks[] = {
#define CHECK(fn, id, aim, rule, needs, platforms, arch, class, end)                               \
	{ id, aim, rule, needs, platforms, arch, class, end, NULL },
#include "../probe/checks.def"
#undef CHECK
};
const size_t checks_count = ARRAY_SIZE(checks);

const struct fault_info faults[] = {
#define FAULT(id, name, what, rules) { name, what, rules, HOST_CCA },
#include "../hosts/arm64/rmm/faults.def"
#undef FAULT
#define FAULT(id, name, what, rules) { name, what, rules, HOST_SNP },
#include "../hosts/x86/snp/faults.def"
#undef FAULT
#define FAULT(id, name, what, rules) { name, what, rules, HOST_TDX },
#include "../hosts/x86/tdx/faults.def"
#undef FAULT
#define FAULT(id, name, what, rules) { name, what, rules, HOST_PKVM_ANDROID },
#include "../hosts/arm64/pkvm/faults.def"
#undef FAULT
#define FAULT(id, name, what, rules) { name, what, rules, HOST_PKVM },
#include "../hosts/arm64/pkvm/faults_upstream.def"
#undef FAULT
};
const size_t fault_count = ARRAY_SIZE(faults);

const struct fault_info lies[] = {
#define FAULT(id, name, what, rules) { name, what, rules, HOST_PKVM },
#include "../hosts/arm64/pkvm/lies.def"
#undef FAULT
};
const size_t lie_count = ARRAY_SIZE(lies);

const struct rule *rule_find(const char *id)
{
	for (size_t i = 0; i < rule_count; i++)
		if (strcmp(rules[i].id, id) == 0)
			return &rules[i];
	return NULL;
}

const struct check *check_find(const char *id)
{
	for (size_t i = 0; i < checks_count; i++)
		if (strcmp(checks[i].id, id) == 0)
			return &checks[i];
	return NULL;
}

const struct fault_info *fault_find(const char *name)
{
	for (size_t i = 0; i < fault_count; i++)
		if (strcmp(faults[i].name, name) == 0)
			return &faults[i];
	for (size_t i = 0; i < lie_count; i++)
		if (strcmp(lies[i].name, name) == 0)
			return &lies[i];
	return NULL;
}

bool list_has(const char *comma_list, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = comma_list; *p != '\0';) {
		size_t len = strcspn(p, ", ");

		if (len == n && strncmp(p, word, n) == 0)
			return true;
		p += len;
		p += strspn(p, ", ");
	}
	return false;
}

bool check_applies_to(const struct check *c, enum host_kind h)
{
	return (c->platforms & host_info(h)->platform) != 0 && (c->arch & host_info(h)->arch) != 0;
}

/* Rules of functions that only Android's EL2 has (probe/rules_pkvm.def): upstream their checks are
 * SKIP, whatever else they need. */
static bool is_androids(const struct check *c)
{
	static const char *const prefix[] = { "PKVM-RNG-", "PKVM-GRD-", "PKVM-REL-", "PKVM-REG-" };

	for (size_t i = 0; i < ARRAY_SIZE(prefix); i++)
		if (strncmp(c->rule, prefix[i], strlen(prefix[i])) == 0)
			return true;
	return false;
}

bool check_runs_on(const struct check *c, enum host_kind h)
{
	return check_applies_to(c, h) && !(h == HOST_PKVM && is_androids(c)) &&
	       (c->class == CHECK_SOLO || c->class == CHECK_COOP);
}

bool fault_reddens(const struct fault_info *f, const struct check *c)
{
	char word[64];

	for (const char *p = f->rules; *p != '\0';) {
		size_t len = strcspn(p, ", ");

		if (len < sizeof(word)) {
			memcpy(word, p, len);
			word[len] = '\0';
			if (strcmp(c->rule, word) == 0 || list_has(c->needs, word))
				return true;
		}
		p += len;
		p += strspn(p, ", ");
	}
	return false;
}

const char *check_class_name(enum check_class c)
{
	static const char *const names[] = { "solo", "coop", "terminal", "dangerous" };

	return (size_t)c < ARRAY_SIZE(names) ? names[c] : "?";
}

const char *check_end_name(enum check_end e)
{
	static const char *const words[] = { "none", "off", "reset", "stuck" };

	return (size_t)e < ARRAY_SIZE(words) ? words[e] : "?";
}
