/* SPDX-License-Identifier: BSD-2-Clause */
/* Set-up of the machine in the order the parts need each other, then the vCPUs. */
#include <string.h>

#include "common/faults.h"
#include "common/fwcfg.h"
#include "common/mutant.h"
#include "common/secret.h"
#include "config.h"
#include "local.h"
#include "vmm/vmm.h"

#define CONFIG_MAX 4096
#define ERROR_MAX  256

struct host_config config;
struct vcpu vcpus[CORE_MAX_CPUS];
static u32 launched;

static void read_config(void)
{
	static char text[CONFIG_MAX];
	char error[ERROR_MAX];
	u16 key;
	size_t size = core_fwcfg_find("opt/postern/config", &key);

	if (size > sizeof(text))
		core_panic("config: %zu bytes, more than %u", size, CONFIG_MAX);
	core_fwcfg_read(key, text, size);
	if (config_parse(text, size, &config, error, sizeof(error)) != ST_OK)
		core_panic("config: %s", error);
	if (!secret_watch(config.secret))
		core_panic("config: secret: want 8 to %u bytes in hex, no 8 of them alike",
			   SECRET_WATCH_MAX);
	if (faults_choose(config.faults, error, sizeof(error)) != ST_OK)
		core_panic("config: %s", error);
	if (config.cpus > core_fwcfg_cpus())
		core_panic("config: cpus=%u, but the machine has %u: QEMU needs -smp %u",
			   config.cpus, core_fwcfg_cpus(), config.cpus);
}

struct blob core_guest_image(void)
{
	static struct blob image;
	void *at;
	u16 key;

	if (image.data != NULL)
		return image;
	image.size = core_fwcfg_find("opt/postern/guest", &key);
	memory_check(image.size);
	at = core_pages(image.size / PAGE_SIZE);
	core_fwcfg_read(key, at, image.size);
	image.data = at;
	return image;
}

/* Monitor memory is bounded; a kernel with an initrd of some hundred MiB has no place in it. */
#define PAYLOAD_MAX MIB(128)

struct blob core_payload(enum payload which)
{
	static const char *const names[] = {
		[PAYLOAD_KERNEL] = "opt/postern/kernel", [PAYLOAD_INITRD] = "opt/postern/initrd"
	};
	static struct blob payload[ARRAY_SIZE(names)];
	struct blob *p = &payload[which];
	size_t size;
	void *at;
	u16 key;

	if (p->data != NULL || !core_fwcfg_has(names[which], &key, &size) || size == 0)
		return *p;
	if (size > PAYLOAD_MAX)
		core_panic("%s: %zu bytes, more than %u MiB", names[which], size,
			   (unsigned)(PAYLOAD_MAX >> 20));
	at = core_pages(align_up(size, PAGE_SIZE) / PAGE_SIZE);
	core_fwcfg_read(key, at, size);
	*p = (struct blob){ at, size };
	return *p;
}

static void announce(struct blob image)
{
	channel("host: postern %s mem=0x%llx cpus=%u image=%zu coop=%d trace=%d tsc=%llu",
		model.name, (unsigned long long)config.mem, config.cpus, image.size, config.coop,
		config.trace, (unsigned long long)core_tsc_hz);
	mutant_init();
	faults_announce();
}

static void percpu_init(void)
{
	for (unsigned n = 0; n < CORE_MAX_CPUS; n++) {
		percpu[n].self = &percpu[n];
		percpu[n].index = n;
		percpu[n].stack_top = (uintptr_t)core_stacks + (n + 1ULL) * STACK_BYTES;
		vcpus[n].index = n;
	}
}

void core_main(void)
{
	percpu_init();
	channel_init();
	trap_init();
	trap_load();
	core_fwcfg_init();
	cpu_check();
	memory_init();
	read_config();
	apic_init_machine();
	cpu_init();
	announce(core_guest_image());
	cpu_start_all();
	memory_clear_low();
	vmm_init();
	for (unsigned n = 0; n < config.cpus; n++) {
		vmcb_reset(&vcpus[n]);
		vmm_vcpu_init(&vcpus[n]);
	}
	model.launch();
	run_budget_start();
	__atomic_store_n(&launched, 1, __ATOMIC_RELEASE);
	vcpu_run(&vcpus[0]);
}

void core_ap_main(struct percpu *self)
{
	cpu_init();
	__atomic_store_n(&self->online, 1, __ATOMIC_RELEASE);
	while (__atomic_load_n(&launched, __ATOMIC_ACQUIRE) == 0)
		core_relax();
	vcpu_run(&vcpus[self->index]);
}
