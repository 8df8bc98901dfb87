#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Prints a page with the rule table put between its markers.
#   doctable.sh POSTERN PAGE PREFIXES
set -eu
sed '/<!-- rules:begin -->/q' "$2"
"$1" list --markdown "$3"
sed -n '/<!-- rules:end -->/,$p' "$2"
