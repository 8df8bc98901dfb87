# SPDX-License-Identifier: BSD-2-Clause
# What tests and fuzz targets say of their build, as variables of make: sources_NAME, libs_NAME, flags_NAME (each by the first
# line of that kind), included_NAME (a test may include the file under test). One process for all: a $(shell) for each
# would cost every start of make seconds.
#   awk -f fields.awk FILE...
FNR == 1 {
	name = FILENAME
	sub(/^.*\//, "", name)
	sub(/\.c$/, "", name)
	split("", seen)
}
match($0, /^[ \/]*\*  *(sources|libs|flags): */) {
	field = $0
	sub(/^[ \/]*\*  */, "", field)
	sub(/:.*/, "", field)
	if (!(field in seen))
		print field "_" name " := " substr($0, RSTART + RLENGTH)
	seen[field]
}
/^#include "(\.\.\/\.\.\/)?[a-z].*\.c"/ {
	file = $0
	sub(/^#include "(\.\.\/\.\.\/)?/, "", file)
	sub(/".*/, "", file)
	print "included_" name " += " file
}
