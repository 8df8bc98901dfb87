/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ARP (RFC 826), IPv4 (RFC 791), ICMP echo (RFC 792) and UDP (RFC 768), just enough for a test
 * guest. Everything is the host's word, so there is nothing to protect but ourselves: every length
 * is checked against the frame, checksums must hold, fragments are refused, and what is not for us
 * is counted and ignored. Waits end after a number of frames as well as by time.
 */
#include <string.h>

#include "virtio.h"

#define ETH_SIZE  14 /* destination, source, type */
#define ETH_ARP   0x0806
#define ETH_IPV4  0x0800
#define ARP_SIZE  28
#define ARP_ASK   1
#define ARP_REPLY 2
#define IP_SIZE   20 /* of a header without options */
#define IP_ICMP   1
#define IP_UDP    17
#define IP_TTL    64
#define IP_DF     0x4000 /* do not fragment; the rest is more-fragments and offset */
#define ICMP_SIZE 8
#define ICMP_ECHO 8
#define UDP_SIZE  8
#define ECHO_ID   0x706f
#define TRIES     3
#define TRY_NS    (VIRTIO_NS / TRIES)
#define FRAMES    256 /* looked at in one wait */
#define PAYLOAD   (VIRTIO_NET_FRAME - ETH_SIZE - IP_SIZE)

static const u8 broadcast[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

/* A packet that passed, in the private copy of its frame. */
struct packet {
	u32 source;
	u8 protocol;
	const u8 *data;
	size_t len;
};

/* Network byte order, any alignment. */
static u16 get_be16(const u8 *p)
{
	return (u16)(p[0] << 8 | p[1]);
}

static u32 get_be32(const u8 *p)
{
	return (u32)get_be16(p) << 16 | get_be16(p + 2);
}

static void put_be16(u8 *p, u16 v)
{
	p[0] = (u8)(v >> 8);
	p[1] = (u8)v;
}

static void put_be32(u8 *p, u32 v)
{
	put_be16(p, (u16)(v >> 16));
	put_be16(p + 2, (u16)v);
}

/* Internet checksum (RFC 1071) of `len` bytes on top of `sum`; of something that carries a right
 * one it is 0. */
static u16 checksum(u32 sum, const u8 *p, size_t len)
{
	for (size_t i = 0; i + 1 < len; i += 2)
		sum += get_be16(p + i);
	if (len % 2 != 0)
		sum += (u32)p[len - 1] << 8;
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	return (u16)~sum;
}

/* RFC 768: addresses, protocol and length are summed, too. */
static u32 pseudo_sum(u32 a, u32 b, size_t len)
{
	return (a >> 16) + (a & 0xffff) + (b >> 16) + (b & 0xffff) + IP_UDP + (u32)len;
}

static void put_ethernet(const struct ip_link *l, u8 *frame, const u8 to[6], u16 type)
{
	memcpy(frame, to, 6);
	memcpy(frame + 6, l->mac, 6);
	put_be16(frame + 12, type);
}

/* ---- ARP ---- */

static enum status send_arp(struct ip_link *l, u16 op, const u8 to[6], u32 address)
{
	static const u8 kind[6] = { 0, 1, ETH_IPV4 >> 8, 0, 6, 4 }; /* Ethernet, IPv4, lengths */
	u8 frame[ETH_SIZE + ARP_SIZE] = { 0 };
	u8 *arp = frame + ETH_SIZE;

	put_ethernet(l, frame, to, ETH_ARP);
	memcpy(arp, kind, sizeof(kind));
	put_be16(arp + 6, op);
	memcpy(arp + 8, l->mac, 6);
	put_be32(arp + 14, l->address);
	if (op == ARP_REPLY)
		memcpy(arp + 18, to, 6);
	put_be32(arp + 24, address);
	return l->send(l->ctx, frame, sizeof(frame));
}

/* Learns the one address we asked for and tells ours to who asks; no other word is believed. */
static enum status take_arp(struct ip_link *l, const u8 *arp, size_t len)
{
	static const u8 kind[6] = { 0, 1, ETH_IPV4 >> 8, 0, 6, 4 };
	const u8 *mac = arp + 8;
	u32 from;

	if (len < ARP_SIZE || memcmp(arp, kind, sizeof(kind)) != 0 ||
	    get_be32(arp + 24) != l->address || (mac[0] & 1) != 0) {
		l->ignored++;
		return ST_OK;
	}
	from = get_be32(arp + 14);
	if (get_be16(arp + 6) == ARP_ASK)
		return send_arp(l, ARP_REPLY, mac, from);
	if (get_be16(arp + 6) != ARP_REPLY || from != l->arp_address || l->arp_known) {
		l->ignored++;
		return ST_OK;
	}
	memcpy(l->arp_mac, mac, 6);
	l->arp_known = true;
	return ST_OK;
}

/* ---- IPv4 ---- */

static bool take_ipv4(const struct ip_link *l, const u8 *ip, size_t len, struct packet *p)
{
	size_t header, total;

	if (len < IP_SIZE || ip[0] >> 4 != 4)
		return false;
	header = (size_t)(ip[0] & 0xf) * 4;
	total = get_be16(ip + 2);
	if (header < IP_SIZE || header > total || total > len || checksum(0, ip, header) != 0)
		return false;
	if ((get_be16(ip + 6) & ~IP_DF) != 0 || get_be32(ip + 16) != l->address)
		return false;
	*p = (struct packet){ .source = get_be32(ip + 12),
			      .protocol = ip[9],
			      .data = ip + header,
			      .len = total - header };
	return true;
}

/* One frame from the link into `frame`. ST_OK: *p is a packet for us; ST_INCOMPLETE: it was
 * something else, dealt with or ignored; else the link's error. */
static enum status next_packet(struct ip_link *l, u8 frame[VIRTIO_NET_FRAME], u64 ns,
			       struct packet *p)
{
	size_t len = 0;
	enum status st = l->receive(l->ctx, frame, &len, ns);
	u16 type;

	if (st != ST_OK)
		return st;
	if (len < ETH_SIZE || len > VIRTIO_NET_FRAME ||
	    (memcmp(frame, l->mac, 6) != 0 && memcmp(frame, broadcast, 6) != 0)) {
		l->ignored++;
		return ST_INCOMPLETE;
	}
	type = get_be16(frame + 12);
	if (type == ETH_ARP) {
		st = take_arp(l, frame + ETH_SIZE, len - ETH_SIZE);
		return st == ST_OK ? ST_INCOMPLETE : st;
	}
	if (type == ETH_IPV4 && take_ipv4(l, frame + ETH_SIZE, len - ETH_SIZE, p))
		return ST_OK;
	l->ignored++;
	return ST_INCOMPLETE;
}

enum status ip_resolve(struct ip_link *l, u32 address, u8 mac[6])
{
	u8 frame[VIRTIO_NET_FRAME];
	struct packet p;
	enum status st;

	if (!l->arp_known || l->arp_address != address) {
		l->arp_known = false;
		l->arp_address = address;
	}
	for (unsigned try = 0; try < TRIES && !l->arp_known; try++) {
		st = send_arp(l, ARP_ASK, broadcast, address);
		for (unsigned i = 0; st == ST_OK && i < FRAMES && !l->arp_known; i++) {
			st = next_packet(l, frame, TRY_NS, &p);
			l->ignored += st == ST_OK; /* a packet nobody waits for now */
			if (st == ST_INCOMPLETE)
				st = ST_OK;
		}
		if (st != ST_OK && st != ST_TIMEOUT)
			return st;
	}
	if (!l->arp_known)
		return ST_TIMEOUT;
	memcpy(mac, l->arp_mac, 6);
	return ST_OK;
}

/* Sends `len` bytes that stand in the frame behind the two headers, which it writes. */
static enum status send_ipv4(struct ip_link *l, u8 *frame, u32 address, u8 protocol, size_t len)
{
	bool near = address >> 8 == l->address >> 8;
	u8 *ip = frame + ETH_SIZE, mac[6];
	enum status st = ip_resolve(l, near ? address : l->gateway, mac);

	if (st != ST_OK)
		return st;
	put_ethernet(l, frame, mac, ETH_IPV4);
	memset(ip, 0, IP_SIZE);
	ip[0] = 4 << 4 | IP_SIZE / 4;
	put_be16(ip + 2, (u16)(IP_SIZE + len));
	put_be16(ip + 4, ++l->sequence);
	put_be16(ip + 6, IP_DF);
	ip[8] = IP_TTL;
	ip[9] = protocol;
	put_be32(ip + 12, l->address);
	put_be32(ip + 16, address);
	put_be16(ip + 10, checksum(0, ip, IP_SIZE));
	return l->send(l->ctx, frame, ETH_SIZE + IP_SIZE + len);
}

/* ---- ICMP echo ---- */

/* ST_OK, or ST_CORRUPT when it answers `request` with another payload; ST_INCOMPLETE: no answer. */
static enum status judge_echo(const struct packet *p, u32 address, const u8 *request, size_t len)
{
	const u8 *m = p->data;

	if (p->protocol != IP_ICMP || p->source != address || p->len < ICMP_SIZE ||
	    checksum(0, m, p->len) != 0 || m[0] != 0 || m[1] != 0 ||
	    memcmp(m + 4, request + 4, 4) != 0)
		return ST_INCOMPLETE;
	if (p->len != len || memcmp(m + ICMP_SIZE, request + ICMP_SIZE, len - ICMP_SIZE) != 0)
		return ST_CORRUPT;
	return ST_OK;
}

static enum status await_echo(struct ip_link *l, u32 address, const u8 *request, size_t len)
{
	u8 frame[VIRTIO_NET_FRAME];
	struct packet p;

	for (unsigned i = 0; i < FRAMES; i++) {
		enum status st = next_packet(l, frame, TRY_NS, &p);

		if (st == ST_OK) {
			st = judge_echo(&p, address, request, len);
			l->ignored += st == ST_INCOMPLETE;
		}
		if (st != ST_INCOMPLETE)
			return st;
	}
	return ST_TIMEOUT;
}

enum status ip_ping(struct ip_link *l, u32 address, const void *payload, size_t len)
{
	u8 frame[VIRTIO_NET_FRAME], *icmp = frame + ETH_SIZE + IP_SIZE;
	enum status st = ST_TIMEOUT;

	if (len > PAYLOAD - ICMP_SIZE)
		return ST_RANGE;
	memset(icmp, 0, ICMP_SIZE);
	icmp[0] = ICMP_ECHO;
	put_be16(icmp + 4, ECHO_ID);
	put_be16(icmp + 6, ++l->sequence);
	memcpy(icmp + ICMP_SIZE, payload, len);
	len += ICMP_SIZE;
	put_be16(icmp + 2, checksum(0, icmp, len));
	for (unsigned try = 0; try < TRIES && st == ST_TIMEOUT; try++) {
		st = send_ipv4(l, frame, address, IP_ICMP, len);
		if (st == ST_OK)
			st = await_echo(l, address, icmp, len);
	}
	return st;
}

/* ---- UDP ---- */

enum status ip_udp_send(struct ip_link *l, u32 address, u16 from, u16 to, const void *data,
			size_t len)
{
	u8 frame[VIRTIO_NET_FRAME], *udp = frame + ETH_SIZE + IP_SIZE;
	u16 sum;

	if (len > PAYLOAD - UDP_SIZE)
		return ST_RANGE;
	put_be16(udp, from);
	put_be16(udp + 2, to);
	put_be16(udp + 4, (u16)(UDP_SIZE + len));
	put_be16(udp + 6, 0);
	memcpy(udp + UDP_SIZE, data, len);
	sum = checksum(pseudo_sum(l->address, address, UDP_SIZE + len), udp, UDP_SIZE + len);
	put_be16(udp + 6, sum != 0 ? sum : 0xffff); /* 0 would mean that there is none */
	return send_ipv4(l, frame, address, IP_UDP, UDP_SIZE + len);
}

/* Length of the datagram's data when it is one for this port; -1: ignored. */
static long judge_udp(const struct ip_link *l, const struct packet *p, u16 port)
{
	const u8 *udp = p->data;
	size_t len;

	if (p->protocol != IP_UDP || p->len < UDP_SIZE || get_be16(udp + 2) != port)
		return -1;
	len = get_be16(udp + 4);
	if (len < UDP_SIZE || len > p->len)
		return -1;
	if (get_be16(udp + 6) != 0 &&
	    checksum(pseudo_sum(p->source, l->address, len), udp, len) != 0)
		return -1;
	return (long)(len - UDP_SIZE);
}

enum status ip_udp_receive(struct ip_link *l, u16 port, void *data, size_t *len, u64 ns)
{
	u8 frame[VIRTIO_NET_FRAME];
	struct packet p;

	for (unsigned i = 0; i < FRAMES; i++) {
		enum status st = next_packet(l, frame, ns, &p);
		long got;

		if (st == ST_INCOMPLETE)
			continue;
		if (st != ST_OK)
			return st;
		got = judge_udp(l, &p, port);
		if (got < 0) {
			l->ignored++;
			continue;
		}
		if ((size_t)got > *len)
			return ST_RANGE;
		memcpy(data, p.data + UDP_SIZE, (size_t)got);
		*len = (size_t)got;
		l->from_address = p.source;
		l->from_port = get_be16(p.data);
		return ST_OK;
	}
	return ST_TIMEOUT;
}
