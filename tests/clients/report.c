/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * In a guest: a report by the ioctl of /dev/sev-guest. 64 bytes of report data on the standard
 * input; report and certificate table, as `postern verify` takes them, on the standard output.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/sev-guest.h>

/* MSG_REPORT_RSP: status, size, 24 reserved bytes, then the report (56860 table 26). */
#define RESPONSE_HEADER 0x20
#define REPORT_BYTES    0x4a0
#define CERTS_BYTES     0x4000

static unsigned char certs[CERTS_BYTES] __attribute__((aligned(4096)));

/* The table ends with an entry of zeros (GUID, offset, length: 24 bytes); then come the
 * certificates, up to the end of the last. */
static size_t certs_used(void)
{
	static const unsigned char zero[24];
	size_t used = 0;

	for (size_t at = 0; at + 24 <= CERTS_BYTES; at += 24) {
		unsigned offset, length;

		if (used < at + 24)
			used = at + 24;
		if (memcmp(certs + at, zero, 24) == 0)
			break;
		memcpy(&offset, certs + at + 16, 4);
		memcpy(&length, certs + at + 20, 4);
		if (offset <= CERTS_BYTES && length <= CERTS_BYTES - offset &&
		    used < offset + length)
			used = offset + length;
	}
	return used;
}

int main(void)
{
	static struct snp_report_resp response;
	struct snp_ext_report_req request = { .certs_address = (__u64)(unsigned long)certs,
					      .certs_len = CERTS_BYTES };
	struct snp_guest_request_ioctl io = { .msg_version = 1,
					      .req_data = (__u64)(unsigned long)&request,
					      .resp_data = (__u64)(unsigned long)&response };
	unsigned status;
	int fd;

	if (fread(request.data.user_data, 1, sizeof request.data.user_data, stdin) !=
	    sizeof request.data.user_data) {
		fprintf(stderr, "report: needs 64 bytes of report data\n");
		return 2;
	}
	fd = open("/dev/sev-guest", O_RDWR);
	if (fd < 0 || ioctl(fd, SNP_GET_EXT_REPORT, &io) != 0) {
		perror("report: /dev/sev-guest");
		fprintf(stderr, "report: exit information 2: %#llx\n",
			(unsigned long long)io.exitinfo2);
		return 1;
	}
	close(fd);
	memcpy(&status, response.data, sizeof status);
	if (status != 0) {
		fprintf(stderr, "report: refused by the firmware: %#x\n", status);
		return 1;
	}
	if (fwrite(response.data + RESPONSE_HEADER, 1, REPORT_BYTES, stdout) != REPORT_BYTES ||
	    fwrite(certs, 1, certs_used(), stdout) != certs_used() || fflush(stdout) != 0) {
		perror("report: output");
		return 1;
	}
	return 0;
}
