/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The numbers of include/abi/virtio.h against Linux's own headers, read as text: they use the same
 * names for some of them.
 * sources:
 * libs:
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "abi/virtio.h"
#include "types.h"

#define FOLDER     "/usr/include/linux/"
#define LINE_BYTES 512

/* The number behind the first whole word `name`: of a #define or an enumerator. */
static unsigned long number_of(const char *file, const char *name)
{
	char path[128], line[LINE_BYTES], *p, *end;
	unsigned long value;
	FILE *f;

	snprintf(path, sizeof(path), FOLDER "%s", file);
	f = fopen(path, "r");
	if (f == NULL)
		fail_msg("no %s: package linux-libc-dev", path);
	while (fgets(line, sizeof(line), f) != NULL) {
		p = strstr(line, name);
		if (p == NULL || p == line || strchr("\t ", p[-1]) == NULL)
			continue;
		p += strlen(name);
		p += strspn(p, "\t =(");
		value = strtoul(p, &end, 0);
		if (end == p || p[-1] == name[strlen(name) - 1])
			continue;
		fclose(f);
		return strncmp(end, " << ", 4) == 0 ? value << strtoul(end + 4, NULL, 0) : value;
	}
	fclose(f);
	fail_msg("%s has no %s", path, name);
	return 0;
}

struct number {
	unsigned long ours;
	const char *name;
};

static void same(const char *file, const struct number *n, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (number_of(file, n[i].name) != n[i].ours)
			fail_msg("%s: %#lx, ours is %#lx", n[i].name, number_of(file, n[i].name),
				 n[i].ours);
}

#define SAME(file, ...)                                                                            \
	do {                                                                                       \
		static const struct number numbers[] = { __VA_ARGS__ };                            \
		same(file, numbers, ARRAY_SIZE(numbers));                                          \
	} while (0)

static void devices(void **state)
{
	(void)state;
	SAME("virtio_ids.h", { VIRTIO_ID_NET, "VIRTIO_ID_NET" },
	     { VIRTIO_ID_BLOCK, "VIRTIO_ID_BLOCK" }, { VIRTIO_ID_CONSOLE, "VIRTIO_ID_CONSOLE" },
	     { VIRTIO_ID_ENTROPY, "VIRTIO_ID_RNG" }, { VIRTIO_ID_VSOCK, "VIRTIO_ID_VSOCK" });
	SAME("virtio_config.h", { VIRTIO_ACKNOWLEDGE, "VIRTIO_CONFIG_S_ACKNOWLEDGE" },
	     { VIRTIO_DRIVER, "VIRTIO_CONFIG_S_DRIVER" },
	     { VIRTIO_DRIVER_OK, "VIRTIO_CONFIG_S_DRIVER_OK" },
	     { VIRTIO_FEATURES_OK, "VIRTIO_CONFIG_S_FEATURES_OK" },
	     { VIRTIO_NEEDS_RESET, "VIRTIO_CONFIG_S_NEEDS_RESET" },
	     { VIRTIO_FAILED, "VIRTIO_CONFIG_S_FAILED" },
	     { VIRTIO_F_VERSION_1, "VIRTIO_F_VERSION_1" },
	     { VIRTIO_F_ACCESS_PLATFORM, "VIRTIO_F_ACCESS_PLATFORM" },
	     { VIRTIO_F_RING_PACKED, "VIRTIO_F_RING_PACKED" },
	     { VIRTIO_F_RING_RESET, "VIRTIO_F_RING_RESET" });
	SAME("virtio_ring.h", { VIRTIO_F_INDIRECT_DESC, "VIRTIO_RING_F_INDIRECT_DESC" },
	     { VIRTIO_F_EVENT_IDX, "VIRTIO_RING_F_EVENT_IDX" },
	     { VIRTQ_DESC_F_NEXT, "VRING_DESC_F_NEXT" },
	     { VIRTQ_DESC_F_WRITE, "VRING_DESC_F_WRITE" },
	     { VIRTQ_DESC_F_INDIRECT, "VRING_DESC_F_INDIRECT" },
	     { VIRTQ_DESC_ALIGN, "VRING_DESC_ALIGN_SIZE" },
	     { VIRTQ_AVAIL_F_NO_INTERRUPT, "VRING_AVAIL_F_NO_INTERRUPT" },
	     { VIRTQ_AVAIL_ALIGN, "VRING_AVAIL_ALIGN_SIZE" },
	     { VIRTQ_USED_F_NO_NOTIFY, "VRING_USED_F_NO_NOTIFY" },
	     { VIRTQ_USED_ALIGN, "VRING_USED_ALIGN_SIZE" });
}

static void pci(void **state)
{
	(void)state;
	SAME("virtio_pci.h", { VIRTIO_PCI_CAP_COMMON, "VIRTIO_PCI_CAP_COMMON_CFG" },
	     { VIRTIO_PCI_CAP_NOTIFY, "VIRTIO_PCI_CAP_NOTIFY_CFG" },
	     { VIRTIO_PCI_CAP_ISR, "VIRTIO_PCI_CAP_ISR_CFG" },
	     { VIRTIO_PCI_CAP_DEVICE, "VIRTIO_PCI_CAP_DEVICE_CFG" },
	     { VIRTIO_PCI_CAP_PCI, "VIRTIO_PCI_CAP_PCI_CFG" },
	     { VIRTIO_PCI_DFSELECT, "VIRTIO_PCI_COMMON_DFSELECT" },
	     { VIRTIO_PCI_DF, "VIRTIO_PCI_COMMON_DF" },
	     { VIRTIO_PCI_GFSELECT, "VIRTIO_PCI_COMMON_GFSELECT" },
	     { VIRTIO_PCI_GF, "VIRTIO_PCI_COMMON_GF" },
	     { VIRTIO_PCI_CONFIG_VECTOR, "VIRTIO_PCI_COMMON_MSIX" },
	     { VIRTIO_PCI_NUM_QUEUES, "VIRTIO_PCI_COMMON_NUMQ" },
	     { VIRTIO_PCI_STATUS, "VIRTIO_PCI_COMMON_STATUS" },
	     { VIRTIO_PCI_GENERATION, "VIRTIO_PCI_COMMON_CFGGENERATION" },
	     { VIRTIO_PCI_QUEUE_SELECT, "VIRTIO_PCI_COMMON_Q_SELECT" },
	     { VIRTIO_PCI_QUEUE_SIZE, "VIRTIO_PCI_COMMON_Q_SIZE" },
	     { VIRTIO_PCI_QUEUE_VECTOR, "VIRTIO_PCI_COMMON_Q_MSIX" },
	     { VIRTIO_PCI_QUEUE_ENABLE, "VIRTIO_PCI_COMMON_Q_ENABLE" },
	     { VIRTIO_PCI_QUEUE_NOTIFY_OFF, "VIRTIO_PCI_COMMON_Q_NOFF" },
	     { VIRTIO_PCI_QUEUE_DESC, "VIRTIO_PCI_COMMON_Q_DESCLO" },
	     { VIRTIO_PCI_QUEUE_DRIVER, "VIRTIO_PCI_COMMON_Q_AVAILLO" },
	     { VIRTIO_PCI_QUEUE_DEVICE, "VIRTIO_PCI_COMMON_Q_USEDLO" },
	     { VIRTIO_PCI_CAP_SIZE, "VIRTIO_PCI_NOTIFY_CAP_MULT" }, /* right behind the others */
	     { VIRTIO_MSI_NO_VECTOR, "VIRTIO_MSI_NO_VECTOR" },
	     { VIRTIO_ISR_CONFIG, "VIRTIO_PCI_ISR_CONFIG" });
}

static void mmio(void **state)
{
	(void)state;
	SAME("virtio_mmio.h", { VIRTIO_MMIO_MAGIC, "VIRTIO_MMIO_MAGIC_VALUE" },
	     { VIRTIO_MMIO_VERSION, "VIRTIO_MMIO_VERSION" },
	     { VIRTIO_MMIO_DEVICE_ID, "VIRTIO_MMIO_DEVICE_ID" },
	     { VIRTIO_MMIO_VENDOR_ID, "VIRTIO_MMIO_VENDOR_ID" },
	     { VIRTIO_MMIO_DF, "VIRTIO_MMIO_DEVICE_FEATURES" },
	     { VIRTIO_MMIO_DFSELECT, "VIRTIO_MMIO_DEVICE_FEATURES_SEL" },
	     { VIRTIO_MMIO_GF, "VIRTIO_MMIO_DRIVER_FEATURES" },
	     { VIRTIO_MMIO_GFSELECT, "VIRTIO_MMIO_DRIVER_FEATURES_SEL" },
	     { VIRTIO_MMIO_QUEUE_SELECT, "VIRTIO_MMIO_QUEUE_SEL" },
	     { VIRTIO_MMIO_QUEUE_SIZE_MAX, "VIRTIO_MMIO_QUEUE_NUM_MAX" },
	     { VIRTIO_MMIO_QUEUE_SIZE, "VIRTIO_MMIO_QUEUE_NUM" },
	     { VIRTIO_MMIO_QUEUE_READY, "VIRTIO_MMIO_QUEUE_READY" },
	     { VIRTIO_MMIO_QUEUE_NOTIFY, "VIRTIO_MMIO_QUEUE_NOTIFY" },
	     { VIRTIO_MMIO_INTERRUPT, "VIRTIO_MMIO_INTERRUPT_STATUS" },
	     { VIRTIO_MMIO_INTERRUPT_ACK, "VIRTIO_MMIO_INTERRUPT_ACK" },
	     { VIRTIO_MMIO_STATUS, "VIRTIO_MMIO_STATUS" },
	     { VIRTIO_MMIO_QUEUE_DESC, "VIRTIO_MMIO_QUEUE_DESC_LOW" },
	     { VIRTIO_MMIO_QUEUE_DRIVER, "VIRTIO_MMIO_QUEUE_AVAIL_LOW" },
	     { VIRTIO_MMIO_QUEUE_DEVICE, "VIRTIO_MMIO_QUEUE_USED_LOW" },
	     { VIRTIO_MMIO_GENERATION, "VIRTIO_MMIO_CONFIG_GENERATION" },
	     { VIRTIO_MMIO_CONFIG, "VIRTIO_MMIO_CONFIG" });
}

static void kinds(void **state)
{
	(void)state;
	SAME("virtio_net.h", { VIRTIO_NET_F_MAC, "VIRTIO_NET_F_MAC" },
	     { VIRTIO_NET_F_MRG_RXBUF, "VIRTIO_NET_F_MRG_RXBUF" },
	     { VIRTIO_NET_F_STATUS, "VIRTIO_NET_F_STATUS" });
	SAME("virtio_blk.h", { VIRTIO_BLK_F_RO, "VIRTIO_BLK_F_RO" },
	     { VIRTIO_BLK_F_FLUSH, "VIRTIO_BLK_F_FLUSH" }, { VIRTIO_BLK_T_IN, "VIRTIO_BLK_T_IN" },
	     { VIRTIO_BLK_T_OUT, "VIRTIO_BLK_T_OUT" }, { VIRTIO_BLK_T_FLUSH, "VIRTIO_BLK_T_FLUSH" },
	     { VIRTIO_BLK_S_OK, "VIRTIO_BLK_S_OK" }, { VIRTIO_BLK_S_IOERR, "VIRTIO_BLK_S_IOERR" },
	     { VIRTIO_BLK_S_UNSUPP, "VIRTIO_BLK_S_UNSUPP" });
	SAME("virtio_console.h", { VIRTIO_CONSOLE_F_SIZE, "VIRTIO_CONSOLE_F_SIZE" },
	     { VIRTIO_CONSOLE_F_MULTIPORT, "VIRTIO_CONSOLE_F_MULTIPORT" },
	     { VIRTIO_CONSOLE_DEVICE_READY, "VIRTIO_CONSOLE_DEVICE_READY" },
	     { VIRTIO_CONSOLE_PORT_ADD, "VIRTIO_CONSOLE_PORT_ADD" },
	     { VIRTIO_CONSOLE_PORT_REMOVE, "VIRTIO_CONSOLE_PORT_REMOVE" },
	     { VIRTIO_CONSOLE_PORT_READY, "VIRTIO_CONSOLE_PORT_READY" },
	     { VIRTIO_CONSOLE_CONSOLE_PORT, "VIRTIO_CONSOLE_CONSOLE_PORT" },
	     { VIRTIO_CONSOLE_RESIZE, "VIRTIO_CONSOLE_RESIZE" },
	     { VIRTIO_CONSOLE_PORT_OPEN, "VIRTIO_CONSOLE_PORT_OPEN" },
	     { VIRTIO_CONSOLE_PORT_NAME, "VIRTIO_CONSOLE_PORT_NAME" });
	SAME("virtio_vsock.h", { VIRTIO_VSOCK_TYPE_STREAM, "VIRTIO_VSOCK_TYPE_STREAM" },
	     { VIRTIO_VSOCK_OP_REQUEST, "VIRTIO_VSOCK_OP_REQUEST" },
	     { VIRTIO_VSOCK_OP_RESPONSE, "VIRTIO_VSOCK_OP_RESPONSE" },
	     { VIRTIO_VSOCK_OP_RST, "VIRTIO_VSOCK_OP_RST" },
	     { VIRTIO_VSOCK_OP_SHUTDOWN, "VIRTIO_VSOCK_OP_SHUTDOWN" },
	     { VIRTIO_VSOCK_OP_RW, "VIRTIO_VSOCK_OP_RW" },
	     { VIRTIO_VSOCK_OP_CREDIT_UPDATE, "VIRTIO_VSOCK_OP_CREDIT_UPDATE" },
	     { VIRTIO_VSOCK_OP_CREDIT_REQUEST, "VIRTIO_VSOCK_OP_CREDIT_REQUEST" },
	     { VIRTIO_VSOCK_SHUTDOWN_RCV, "VIRTIO_VSOCK_SHUTDOWN_RCV" },
	     { VIRTIO_VSOCK_SHUTDOWN_SEND, "VIRTIO_VSOCK_SHUTDOWN_SEND" });
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(devices),
		cmocka_unit_test(pci),
		cmocka_unit_test(mmio),
		cmocka_unit_test(kinds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
