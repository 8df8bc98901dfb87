/* SPDX-License-Identifier: BSD-2-Clause */
/* A network device (VIRTIO 1.2, 5.1) and QEMU's user network behind
 * it: 10.0.2.2 answers ARP and ping, and serves one file by TFTP (RFC 1350). */
#include <bearssl.h>
#include <string.h>

#include "abi/disk.h"
#include "dev.h"
#include "print.h"

#define ADDRESS   0x0a00020fu /* 10.0.2.15 */
#define GATEWAY   0x0a000202u /* 10.0.2.2 */
#define ANSWER_NS 300000000ULL
#define TFTP_PORT 69
#define OUR_PORT  20069
#define TFTP_DATA 3
#define TFTP_ACK  4
#define TFTP_HEAD 4

static enum status send_frame(void *ctx, const void *frame, size_t len)
{
	return virtio_net_send(ctx, frame, len);
}

/* An answer that does not come is not waited for as long as a device's. */
static enum status receive_frame(void *ctx, void *frame, size_t *len, u64 ns)
{
	return virtio_net_receive(ctx, frame, len, MIN(ns, ANSWER_NS));
}

/* false: skip or failure has been said. */
static bool net_open(struct virtio_net *n, struct ip_link *l)
{
	struct virtio_device *d = dev_get(VIRTIO_ID_NET);

	if (d == NULL || !dev_ok("opening", d, virtio_net_open(n, d)))
		return false;
	*l = (struct ip_link){ .ctx = n,
			       .send = send_frame,
			       .receive = receive_frame,
			       .address = ADDRESS,
			       .gateway = GATEWAY };
	memcpy(l->mac, n->mac, sizeof(l->mac));
	return true;
}

static void net_close(struct virtio_net *n, const struct ip_link *l)
{
	check_note("%llu frames out, %llu in, %llu ignored, %llu malformed",
		   (unsigned long long)n->frames_out, (unsigned long long)n->frames_in,
		   (unsigned long long)l->ignored, (unsigned long long)n->frames_bad);
	virtio_net_close(n);
}

void dev_net_mac(void)
{
	struct virtio_net n;
	struct ip_link l;

	if (!net_open(&n, &l))
		return;
	expect_true("the MAC address", (n.mac[0] & 1) == 0, "one station's");
	net_close(&n, &l);
}

static bool ping(struct ip_link *l, size_t len)
{
	static u8 payload[1400];

	for (size_t i = 0; i < len; i++)
		payload[i] = (u8)(i * 31 + len);
	check_note("%zu bytes", len);
	return expect_eq("ping of 10.0.2.2", ip_ping(l, GATEWAY, payload, len), ST_OK);
}

void dev_net_ping(void)
{
	struct virtio_net n;
	struct ip_link l;
	u8 mac[6];

	if (!net_open(&n, &l))
		return;
	if (expect_eq("ARP for 10.0.2.2", ip_resolve(&l, GATEWAY, mac), ST_OK) && ping(&l, 56) &&
	    ping(&l, 1400))
		print("# ping: 10.0.2.2 answered 56 and 1400 bytes\n");
	net_close(&n, &l);
}

/* One block has room for all of the file: 512 bytes. */
static bool fetch(struct ip_link *l, u8 *packet, size_t *len)
{
	static const char ask[] = "\0\1" TFTP_FILE "\0octet";
	static const u8 done[TFTP_HEAD] = { 0, TFTP_ACK, 0, 1 };

	if (!expect_eq("asking for the file",
		       ip_udp_send(l, GATEWAY, OUR_PORT, TFTP_PORT, ask, sizeof(ask)), ST_OK) ||
	    !expect_eq("the file's first block",
		       ip_udp_receive(l, OUR_PORT, packet, len, VIRTIO_NS), ST_OK))
		return false;
	(void)ip_udp_send(l, GATEWAY, OUR_PORT, TFTP_PORT, done, sizeof(done));
	return expect_eq("its size", *len, TFTP_HEAD + TFTP_SIZE) &&
	       expect_true("its kind", packet[1] == TFTP_DATA && packet[3] == 1, "data, block 1");
}

static void judge_file(const u8 *file)
{
	br_sha256_context h;
	char text[65];
	u8 hash[32];

	for (unsigned i = 0; i < TFTP_SIZE; i++)
		if (!expect_eq("a byte of the file", file[i], (u8)tftp_byte(i)))
			return;
	br_sha256_init(&h);
	br_sha256_update(&h, file, TFTP_SIZE);
	br_sha256_out(&h, hash);
	hex_text(text, hash);
	print("# tftp: bytes=%u sha256=%s\n", TFTP_SIZE, text);
}

void dev_net_tftp(void)
{
	u8 packet[TFTP_HEAD + 512];
	size_t len = sizeof(packet);
	struct virtio_net n;
	struct ip_link l;

	if (!net_open(&n, &l))
		return;
	if (fetch(&l, packet, &len))
		judge_file(packet + TFTP_HEAD);
	net_close(&n, &l);
}
