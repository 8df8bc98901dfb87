#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Evidence that cannot be fetched: for each way in which a host or its firmware fails, the guest says what it asked, what
# came back by number and name, and where to look. One line of the table is one boot with that fault.
#   why.sh POSTERN BUILD [run options]
set -eu
postern=$1 build=$2
shift 2
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
passed=0 failed=0
challenge=$(printf '%0128d' 42)

say() { # status, text
	if [ "$1" = 0 ]; then
		echo "ok - $2"
		passed=$((passed + 1))
	else
		echo "not ok - $2"
		sed -n 's/^# evidence: /  said: /p' "$out/run/console.log" 2>/dev/null || tail -5 "$out/log"
		failed=$((failed + 1))
	fi
}

line() { # what the guest said of its evidence
	sed -n 's/^# evidence: //p' "$out/run/console.log" 2>/dev/null | tr -d '\r'
}

# One check that every host passes, so that the run is well but for its evidence.
boot() { # host, run options
	rm -rf "$out/run"
	timeout 120 "$postern" run --quiet --build-dir "$build" --host "$1" --cpus 1 --mem 128M --devices off --probe exception.undefined \
		--append "challenge=$challenge" --save "$out/run" "${@:2}" >"$out/log" 2>&1 || true
}

for host in cca snp tdx; do
	boot $host "$@"
	case $(line) in
	kind=probe*) say 0 "$host: without a fault evidence is fetched" ;;
	*) say 1 "$host: without a fault evidence is fetched" ;;
	esac
done

# The fifth column: run options. Ten seconds pass sooner where no instructions are counted.
while IFS='|' read -r host fault came look more; do
	case $host in '' | '#'*) continue ;; esac
	boot "$host" --fault "$fault" ${more:+"$more"} "$@" </dev/null
	case $(line) in
	"failed: "*"$came"*"; look: "*"$look"*) say 0 "$host $fault: $came" ;;
	*) say 1 "$host $fault: no word of '$came' and '$look'" ;;
	esac
done <<'TABLE'
# RSI_ATTESTATION_TOKEN_INIT, RSI_ATTESTATION_TOKEN_CONTINUE
cca|token.init-refused|RSI_ATTESTATION_TOKEN_INIT: RSI_ERROR_STATE (2)|the RMM's log
cca|token.unsupported|RSI_ATTESTATION_TOKEN_INIT: NOT_SUPPORTED (-1)|the RMM's version
cca|token.generator|RSI_ATTESTATION_TOKEN_CONTINUE: RSI_ERROR_UNKNOWN (4) after 0 bytes, 3 times begun|which signs the platform token
cca|token.state-lost|RSI_ATTESTATION_TOKEN_CONTINUE: RSI_ERROR_STATE (2)|must run on one REC
cca|token.never-ready|RSI_INCOMPLETE without a byte, 100000 times|which signs the platform token
cca|token.buffer-refused|RSI_ATTESTATION_TOKEN_CONTINUE: RSI_ERROR_INPUT (1)|did the host take it away
cca|token.overstated|bytes where there was room for 4096|the RMM's log
cca|token.empty|success, but a token of 0 bytes|the RMM's log
cca|token.bound-low|INIT said 64 at most|the RMM's log
# the guest request itself, by the host
snp|request.unknown|SNP Extended Guest Request (0x80000012): refused as malformed (INFO1 2, INFO2 6: no such event)|does the host support SNP guest requests
snp|request.unmarked|no answer: INFO1 and INFO2 are not marked valid|the host's kernel log
snp|request.busy|VMM error 2 (BUSY), 1000 times|throttles guest requests
snp|request.vmm-error|VMM error 0xffffffff GENERIC|certificate table
# the firmware's word for the message, and the response
snp|message.refused|firmware error 0x16 INVALID_PARAM|sequence number or header
snp|response.lost|success, but the host wrote no response|the host's kernel log
snp|response.echo|the response is not that to our message: sequence number 1, not 2|the host carried
snp|response.changed|the response's tag does not verify under VMPCK0|the host carried
# what the message says
snp|report.status|the firmware answers status 0x27 (invalid key selection)|VCEK
snp|report.short|a report of 1152, not 1216 with one of 1184|56860
snp|report.data-half|foreign report data: byte 32 is 0x00|who else has this VMPCK
snp|report.vmpl-other|the report is of VMPL 1, asked for was 0|SVSM
snp|certs.beyond|the certificate table: a certificate lies beyond its end|the host's certificate table
# TDG.MR.REPORT
tdx|report.refused|TDG.MR.REPORT: OPERAND_INVALID (RAX 0xc000010000000002), operand RDX (report data)|the TDX module's version
tdx|report.data-cut|TDG.MR.REPORT: foreign report data: byte 32 is 0x00|the TDX module's version
# GetQuote: R10, then the status word and the length in the buffer
tdx|quote.unsupported|SUBFUNC_UNSUPPORTED (R10 0x8000000000000003)|quote-generation-socket
tdx|quote.refused|INVALID_OPERAND (R10 0x8000000000000000)|does the VMM offer GetQuote
tdx|quote.retry|RETRY (R10 0x1), 1000 times asked|other requests in flight
tdx|quote.unavailable|GET_QUOTE_SERVICE_UNAVAILABLE (status 0x8000000000000001 in the buffer)|can the VMM reach it
tdx|quote.error|GET_QUOTE_ERROR (status 0x8000000000000000 in the buffer)|PCK certificate
tdx|quote.in-flight|time-out: still GET_QUOTE_IN_FLIGHT (status 0xffffffffffffffff) after 10000 ms|quote generation service|--threads
tdx|quote.status|unknown status (status 0x1 in the buffer)|the VMM's log
tdx|quote.length|success, but a quote of 131072 bytes|quote generation service
tdx|quote.empty|success, but a quote of 0 bytes|quote generation service
TABLE

# A report without its certificates is a report: said in passing.
boot snp --fault certs.never-fit "$@"
if grep -q "^# snp: certificates need 5 pages, 4 offered: .*; look: the host.s certificate table" "$out/run/console.log"; then
	say 0 "snp certs.never-fit: a report without certificates, and why"
else
	say 1 "snp certs.never-fit: a report without certificates, and why"
fi

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
