#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# `postern verify` as a script sees it: on the evidence of each reference host and on samples of others, the exit code and
# the named reason of every way to fail.
#   verify.sh POSTERN BUILD [run options]
set -u
postern=$1 build=$(cd "$2" && pwd)
shift 2
vectors=${VECTORS:-../shared/vectors}
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
passed=0 failed=0

say() { # status, text
	if [ "$1" = 0 ]; then
		echo "ok - $2"
		passed=$((passed + 1))
	else
		echo "not ok - $2"
		failed=$((failed + 1))
	fi
}
skip() { echo "ok - $1 # SKIP $2"; }

# Name and code stand here once more, so that neither changes unseen.
code_of() {
	case $1 in
	held) echo 0 ;; malformed) echo 10 ;; signature) echo 11 ;; binding) echo 12 ;; chain) echo 13 ;;
	freshness) echo 14 ;; kind) echo 15 ;; measurement) echo 16 ;; policy) echo 17 ;; tcb) echo 18 ;;
	log) echo 19 ;; unchecked) echo 20 ;; *) echo 1 ;;
	esac
}

# The table and the JSON must tell the same verdict.
verdict() { # reason, what, arguments of verify...
	local reason=$1 what=$2 code got json_code last
	shift 2
	code=$(code_of "$reason")
	"$postern" verify "$@" >"$out/table" 2>"$out/errors"
	got=$?
	"$postern" verify --json "$@" >"$out/json" 2>>"$out/errors"
	json_code=$?
	last=$(tail -1 "$out/table")
	if [ $got = "$code" ] && [ $json_code = "$code" ] && grep -q "\"reason\": \"$reason\"" "$out/json" &&
		[[ $last == *$([ "$reason" = held ] && echo verified || echo "$reason")* ]] && [ ! -s "$out/errors" ]; then
		say 0 "$reason: $what"
	else
		say 1 "$reason: $what: exit $got and $json_code, '$last'"
		grep -E '^(FAILED|not checked)' "$out/table" | sed 's/^/  /'
		sed 's/^/  /' "$out/errors"
	fi
}
shows() { # pattern
	grep -qE -- "$1" "$out/table"
	say $? "  shows '$1'"
}
usage() { # code, what, arguments...
	local code=$1 what=$2 got
	shift 2
	"$postern" verify "$@" >"$out/table" 2>&1
	got=$?
	[ $got = "$code" ]
	say $? "exit $code: $what ($got)"
}
flip() { # file, offset, output: the lowest bit of one byte
	local byte
	cp "$1" "$3"
	byte=$(od -An -t u1 -j "$2" -N 1 "$1")
	printf '%b' "\\x$(printf %02x $((byte ^ 1)))" | dd of="$3" bs=1 seek="$2" conv=notrunc status=none
}

# ---- the command line ----
usage 0 help --help
shows 'exit codes'
usage 2 'no evidence'
usage 2 'two pieces' a b
usage 2 'an unknown option' --fly x
usage 4 'no such file' /nonexistent
printf 'evidence' >"$out/text"
verdict malformed 'a text' "$out/text"
: >"$out/empty"
verdict malformed 'an empty file' "$out/empty"
usage 4 'no such roots' "$out/text" --roots /nonexistent
zeros=$(printf '%0128d' 0)
usage 2 'a challenge without a kind' "$out/text" --challenge "$zeros"
usage 2 'a kind without a challenge' "$out/text" --kind probe
usage 2 'report data and a challenge' "$out/text" --challenge "$zeros" --kind probe --report-data "$zeros"
usage 2 'a short challenge' "$out/text" --challenge 00 --kind probe
usage 2 'a key that is none' "$out/text" --challenge "$zeros" --kind probe --key nothing
usage 2 'a time that is none' "$out/text" --at noon
printf 'platform: snp\nmeasurment: 00\n' >"$out/typo"
usage 4 'expectations with a typing error' "$out/text" --expect "$out/typo"
shows 'line 2: no expectation has this name: measurment'

# ---- evidence of the reference hosts ----
roots_of() {
	case $1 in
	cca) echo "$build/keys/cpak.pem" ;;
	*) echo "$build/keys/$1" ;;
	esac
}
own() { # host, its claim besides the measurement, a wrong value of it, the reason, run options...
	local h=$1 name=$2 wrong=$3 reason=$4 d=$out/$1 all other
	shift 4
	"$postern" run --quiet --build-dir "$build" --host "$h" --cpus 1 --mem 256M --probe memory.pattern --evidence "$d" "$@" \
		>"$out/log" 2>&1 || { tail -5 "$out/log"; say 1 "$h: the run"; return; }
	all=("$d/evidence.bin" --roots "$(roots_of "$h")" --challenge "$(cat "$d/challenge.hex")" --kind probe --expect "$d/expected.txt")
	[ "$h" = snp ] && all+=(--certs "$d/certs.bin")
	verdict held "$h: all of it" "${all[@]}" --require chain
	verdict freshness "$h: another challenge" "${all[@]}" --challenge "$zeros"
	verdict kind "$h: a probe for a workload" "${all[@]}" --kind workload
	shows 'evidence of a probe, not of a workload'
	verdict freshness "$h: with a key" "${all[@]}" --key 0401
	verdict freshness "$h: report data" "$d/evidence.bin" --roots "$(roots_of "$h")" --report-data "$zeros"
	verdict unchecked "$h: nothing trusted" "$d/evidence.bin"
	for other in cca snp tdx; do
		[ "$other" = "$h" ] || verdict chain "$h: trusted is another platform's" "$d/evidence.bin" --roots "$(roots_of $other)"
	done
	sed -e 's/^measurement: 0/measurement: 1/; t' -e 's/^measurement: ./measurement: 0/' "$d/expected.txt" >"$out/wrong"
	verdict measurement "$h: another image expected" "${all[@]}" --expect "$out/wrong"
	{ cat "$d/expected.txt"; echo "$name: $wrong"; } >"$out/wrong"
	verdict "$reason" "$h: another $name expected" "${all[@]}" --expect "$out/wrong"
	echo "$([ "$h" = tdx ] && echo rem0 || echo rtmr0): 00" >"$out/wrong"
	verdict measurement "$h: a claim it cannot have" "${all[@]}" --expect "$out/wrong"
	if [ "$h" != snp ]; then
		verdict held "$h: an empty log" "${all[@]}" --log "$out/empty"
		verdict log "$h: no log" "${all[@]}" --log "$out/text"
	fi
}
own cca lifecycle unknown policy "$@"
own snp vmpl 3 policy "$@"
own tdx mrseam ff measurement "$@"
for h in cca snp tdx; do
	[ -f "$out/$h/evidence.bin" ] || continue
	"$postern" verify "$out/$h/evidence.bin" --roots "$(roots_of $h)" $([ $h = snp ] && echo --certs "$out/$h/certs.bin") >"$out/table"
	say $? "$h: held, without any expectation"
	shows '^not checked .*freshness'
	for offset in 300 400 500 600; do
		flip "$out/$h/evidence.bin" $offset "$out/flipped"
		"$postern" verify "$out/flipped" --roots "$(roots_of $h)" $([ $h = snp ] && echo --certs "$out/$h/certs.bin") >"$out/table"
		got=$?
		[ $got -ge 10 ] && [ $got != 20 ]
		say $? "$h: refused with a bit of byte $offset flipped ($(tail -1 "$out/table"))"
	done
	head -c 700 "$out/$h/evidence.bin" >"$out/short"
	verdict malformed "$h: cut off" "$out/short" --roots "$(roots_of $h)"
done
# An expectation that nobody looks at would be one that is met.
unmet() { # host, name and wrong value...
	local h=$1 got
	shift
	[ -f "$out/$h/evidence.bin" ] || return
	while [ $# -gt 0 ]; do
		echo "$1: $2" >"$out/wrong"
		"$postern" verify "$out/$h/evidence.bin" --roots "$(roots_of "$h")" --expect "$out/wrong" --allow-debug \
			$([ "$h" = snp ] && echo --certs "$out/snp/certs.bin") >"$out/table"
		got=$?
		case $got in 14 | 16 | 17 | 18) say 0 "$h: refused where $1 is not $2 ($(tail -1 "$out/table"))" ;;
		*) say 1 "$h: exit $got where $1 is not $2" ;; esac
		shift 2
	done
}
all_names=(measurement 00 report-data 00 platform)
unmet cca "${all_names[@]}" snp rem0 00 rem1 00 rem2 00 rem3 00 rpv 00 instance-id 00 implementation-id 00 lifecycle unknown
unmet snp "${all_names[@]}" tdx host-data 00 vmpl 3 guest-svn 77 min-tcb ffffffffffffffff
unmet tdx "${all_names[@]}" cca rtmr0 00 rtmr1 00 rtmr2 00 rtmr3 00 mrseam 00 mrsignerseam 01 \
	min-svn ffffffffffffffffffffffffffffffff
if command -v python3 >/dev/null; then
	python3 -m json.tool <"$out/json" >/dev/null
	say $? 'JSON parses'
else
	skip 'JSON parses' 'no python3'
fi

# ---- samples of others ----
sample() { # reason, evidence, arguments...
	local reason=$1 file=$vectors/$2
	shift 2
	if [ -f "$file" ]; then
		verdict "$reason" "$(basename "$file") $(basename "${2:-}")" "$file" "$@"
	else
		skip "$(basename "$file")" "$file is not there"
	fi
}
rust=cca/veraison-rust-ccatoken go=cca/veraison-ccatoken iat=cca/tf-m-tools-iat-verifier
sample held $go/cca_token.cbor --roots "$vectors/$go/cca_platform.public.pem"
sample held $rust/cca-token-01.cbor --roots "$vectors/$rust/ta-tfa.json" --require chain
sample held $rust/cca-token-02.cbor --roots "$vectors/$rust/ta-02-ok.json"
sample held $rust/cca-token-draft-ffm-00.cbor --roots "$vectors/$rust/cpak.json"
sample held $iat/cca_token.cbor --roots "$vectors/$iat/cca_platform.public.pem"
sample held $iat/cca_example_token_legacy.cbor --roots "$vectors/$iat/cca_platform.public.pem"
sample unchecked $iat/cca_token.cbor
sample signature $iat/cca_token.cbor --roots "$vectors/$iat/cca_realm2.public.pem"
sample chain $rust/cca-token-02.cbor --roots "$vectors/$rust/ta-02-bad.json"
[ -f "$vectors/$rust/ta-02-bad.json" ] && shows "FAILED .*chain .*ta-02-bad.json: the key's point is not on its curve"
sample binding $rust/bug-33-repro.cbor --roots "$vectors/$rust/cpak.json"
sample malformed $rust/realm-claims-missing-challenge.cbor
[ -f "$vectors/$rust/cpak.json" ] && shows 'claim 10 is missing'
sample malformed $rust/realm-claims+spurious-numeric-key.cbor
[ -f "$vectors/$rust/cpak.json" ] && shows 'claim 1234567 is none of its profile'
sample malformed $rust/realm-claims+spurious-text-key.cbor
[ -f "$vectors/$rust/cpak.json" ] && shows 'claim "unknown-key" is none of its profile'
sample signature $rust/realm-claims.cbor
sample signature $rust/platform-claims.cbor

collect() { # directory, files of the vectors...
	local d=$out/$1 f
	shift
	mkdir -p "$d"
	for f; do [ ! -f "$vectors/$f" ] || cp "$vectors/$f" "$d/"; done
}
r=snp/reports
collect milan $r/vcek.testcer $r/milan.testcer
collect genoa $r/oak_genoa_oc_vcek.der snp/certs/ask_ark_genoa.pem
collect milan3 $r/oak_milan_oc_release_vcek.der snp/certs/ask_ark_milan.pem
collect mixed $r/oak_genoa_oc_vcek.der snp/certs/ask_ark_milan.pem
sample held $r/attestation.bin --roots "$out/milan" --allow-debug
sample policy $r/attestation.bin --roots "$out/milan"
sample unchecked $r/attestation.bin --roots "$out/milan" --allow-debug --require revocation
sample held $r/oak_genoa_oc_report.bin --roots "$out/genoa"
sample held $r/oak_milan_oc_release_report.bin --roots "$out/milan3"
sample chain $r/oak_genoa_oc_report.bin --roots "$out/mixed"
sample unchecked $r/oak_genoa_oc_report.bin
sample signature $r/oak_genoa_oc_report.bin --roots "$out/milan3"
echo 'min-tcb: ffffffffffffffff' >"$out/tcb"
sample tcb $r/oak_genoa_oc_report.bin --roots "$out/genoa" --expect "$out/tcb"

# A quote brings its chain along: trusting the root in it is for tests only.
for q in quote_v4_cos113 quote_v4_spr-e4_go-tdx-guest quote_v5_go-tdx-guest; do
	[ -f "$vectors/tdx/$q.bin" ] || continue
	mkdir -p "$out/$q"
	tr -d '\000' <"$vectors/tdx/$q.bin" | grep -a -A 100 -e '-----BEGIN CERTIFICATE' |
		awk -v out="$out/$q/" '/-BEGIN CERT/ { n++ } n == 3 && !done { print > (out "root.pem") } n == 3 && /-END CERT/ { done = 1 }'
	sample held tdx/$q.bin --roots "$out/$q" --at 1770000000
	sample unchecked tdx/$q.bin
	sample chain tdx/$q.bin --roots "$out/$q" --at 4000000000
	sample unchecked tdx/$q.bin --roots "$out/$q" --at 1770000000 --require 'TCB info'
done
sample unchecked tdx/tdreport_azure_hcl.bin
q=$vectors/tdx
sample held tdx/quote_v4_cos113.bin --roots "$out/quote_v4_cos113" --at 1770000000 --log "$q/eventlog_cos113_trimmed.bin"
[ -f "$q/quote_v4_cos113.bin" ] && shows 'ok .*event log .*replay'
sample log tdx/quote_v4_cos113.bin --roots "$out/quote_v4_cos113" --at 1770000000 --log "$q/eventlog_go-eventlog_small.bin"
[ ! -f "$q/cos113_reportdata_nonce.bin" ] || sample held tdx/quote_v4_cos113.bin --roots "$out/quote_v4_cos113" \
	--at 1770000000 --report-data "$(od -An -v -t x1 "$q/cos113_reportdata_nonce.bin" | tr -d ' \n')"

echo "$passed passed, $failed failed"
[ $failed = 0 ]
