#!/bin/sh
# Nothing in the library asks the system for time, sleeps, prints, reads the environment or exits:
# read from the object files, so that no macro hides a call.
. "$(dirname "$0")/../sh/lib.sh"
cd "$TOP_BUILDDIR" || exit 1

calls() { # NAMES-PATTERN OBJECTS…
	pattern=$1
	shift
	for object in "$@"; do
		nm -u "$object" | awk '{ print $2 }' | sed 's/@.*//' | grep -xE "$pattern" | sed "s,^,${object##*/}: ,"
	done
}
objects=$(find lib -path '*.libs/*.o' ! -name '*env_system*')
[ -n "$objects" ] || objects=$(find lib -name '*.o' ! -name '*env_system*')
none() {
	# shellcheck disable=SC2086 # a list of files
	calls "$1" $objects >"$T/found"
	diff /dev/null "$T/found"
}

ok 'no file but env_system asks the time' \
	none 'time|clock_gettime|gettimeofday|localtime(_r)?|gmtime(_r)?|mktime|timegm|ftime|X509_time_adj(_ex)?|X509_gmtime_adj|X509_cmp_current_time|ASN1_TIME_adj'
ok 'nothing sleeps' none 'sleep|usleep|nanosleep|clock_nanosleep'
ok 'nothing prints' none 'printf|puts|putchar|vprintf|perror|__printf_chk|__vprintf_chk|stdout|stderr'
ok 'nothing reads the environment' none 'getenv|secure_getenv|environ'
ok 'nothing exits, forks or handles signals' none 'exit|_exit|fork|system|popen|signal|sigaction|pthread_create'
