/* SPDX-License-Identifier: BSD-2-Clause */
/* Set-up of the machine in the order the parts need each other, then over to the vmm. */
#include <string.h>

#include "common/faults.h"
#include "common/fwcfg.h"
#include "common/mutant.h"
#include "common/secret.h"
#include "config.h"
#include "local.h"

#define CONFIG_MAX 4096
#define ERROR_MAX  256

struct host_config config;

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
		core_panic("config: cpus=%u, but the machine has %u", config.cpus,
			   core_fwcfg_cpus());
}

struct blob core_guest_image(void)
{
	static struct blob image;
	u16 key;
	u64 pa;

	if (image.data != NULL)
		return image;
	image.size = core_fwcfg_find("opt/postern/guest", &key);
	pa = core_alloc_pages(align_up(image.size, PAGE_SIZE) / PAGE_SIZE);
	if (image.size == 0 || pa == 0)
		core_panic("the guest image of %zu bytes is empty or does not fit", image.size);
	core_fwcfg_read(key, (void *)(uintptr_t)pa, image.size);
	image.data = (const u8 *)(uintptr_t)pa;
	return image;
}

void core_main(void)
{
	channel_init();
	memory_init();
	core_fwcfg_init();
	read_config();
	mutant_init();
	faults_announce();
	gic_init();
	gic_init_cpu();
	switch_init_cpu();
	model_init();
	model_init_cpu();
	vmm_main();
}

void core_secondary_main(struct percpu *self)
{
	gic_init_cpu();
	switch_init_cpu();
	model_init_cpu();
	self->fn(self->index);
	core_panic("CPU %u returned", self->index);
}
