# SPDX-License-Identifier: BSD-2-Clause
# What tests and fuzz targets say of their build, as variables of make: sources_NAME, libs_NAME, flags_NAME (each by the first
# line of that kind), included_NAME (a test may include the file under test). Tests with the same flags for the compiler,
# those in their libs among them, share objects, in a folder named after them: key_NAME, and of each key flags_of_KEY. One
# process for all: a $(shell) for each would cost every start of make seconds.
#   awk -f fields.awk FILE...
function finish() {
	if (name == "")
		return
	sub(/^ /, "", flags)
	key = flags
	gsub(/[^A-Za-z0-9]+/, "-", key)
	sub(/^-/, "", key)
	key = key == "" ? "plain" : key
	print "key_" name " := " key
	if (!(key in keys)) {
		print "TEST_KEYS += " key
		print "flags_of_" key " := " flags
	}
	keys[key]
}
FNR == 1 {
	finish()
	name = FILENAME
	sub(/^.*\//, "", name)
	sub(/\.c$/, "", name)
	split("", seen)
	flags = ""
}
match($0, /^[ \/]*\*  *(sources|libs|flags): */) {
	field = $0
	sub(/^[ \/]*\*  */, "", field)
	sub(/:.*/, "", field)
	value = substr($0, RSTART + RLENGTH)
	if (!(field in seen))
		print field "_" name " := " value
	n = field in seen || field == "sources" ? 0 : split(value, word, / +/)
	for (i = 1; i <= n; i++)
		if (field == "flags" || word[i] ~ /^-[ID]/)
			flags = flags " " word[i]
	seen[field]
}
/^#include "(\.\.\/\.\.\/)?[a-z].*\.c"/ {
	file = $0
	sub(/^#include "(\.\.\/\.\.\/)?/, "", file)
	sub(/".*/, "", file)
	print "included_" name " += " file
}
END { finish() }
