/* SPDX-License-Identifier: BSD-2-Clause */
/* The entropy device (VIRTIO 1.2, 5.4). What it gives is the host's choice:
 * only that it gives something, and not always the same, can be seen from here.
 */
#include <string.h>

#include "dev_ring.h"

#define REQUESTS 20
#define READ     KIB(4)

/* false: skip or failure has been said. */
static bool twenty(struct bare_ring *b)
{
	bool answered = true;

	if (!bare_open(b, dev_get(VIRTIO_ID_ENTROPY), 0) || !bare_start(b, VIRTIO_MSI_NO_VECTOR))
		return false;
	for (unsigned i = 0; i < REQUESTS && answered; i++)
		answered = bare_request(b);
	bare_close(b);
	return expect_true("20 requests for entropy", answered, "answered");
}

void dev_rng_bytes(void)
{
	struct bare_ring b;

	if (twenty(&b))
		expect_true("each answer", !b.empty, "one byte at least");
}

static bool all_equal(const u8 *p)
{
	for (size_t i = 1; i < READ; i++)
		if (p[i] != p[0])
			return false;
	return true;
}

/* By the driver, once it is known that the device answers at all. */
void dev_rng_differs(void)
{
	static u8 bytes[2][READ];
	struct bare_ring b;

	if (!twenty(&b))
		return;
	for (unsigned i = 0; i < 2; i++) {
		struct virtio_device *d = dev_get(VIRTIO_ID_ENTROPY);

		memset(bytes[i], 0, READ);
		if (!dev_ok("4 KiB of entropy", d, virtio_rng_read(d, bytes[i], READ)) ||
		    !expect_true("4 KiB of entropy", !all_equal(bytes[i]), "not one byte only"))
			return;
	}
	expect_true("4 KiB more", memcmp(bytes[0], bytes[1], READ) != 0, "others");
}
