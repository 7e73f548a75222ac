bin_PROGRAMS += tools/smartlic
tools_smartlic_SOURCES = \
	tools/bytes.c tools/bytes.h \
	tools/cli.h \
	tools/commands.c \
	tools/conf.c \
	tools/conf_files.c tools/conf_files.h \
	tools/count.c tools/count.h \
	tools/count_changes.c tools/count_changes.h \
	tools/foreground.c tools/foreground.h \
	tools/notify.c tools/notify.h \
	tools/outbox.c tools/outbox.h \
	tools/preflight.c tools/preflight.h \
	tools/reservation.c tools/reservation.h \
	tools/run.c \
	tools/smartlic.c \
	tools/syslog.c tools/syslog.h \
	tools/task.c tools/task.h \
	tools/watch.c tools/watch.h
# Public headers only: no -I lib/.
tools_smartlic_CPPFLAGS = -I$(top_builddir)/include -I$(top_srcdir)/include \
	-DSYSCONFDIR='"$(sysconfdir)"' -DCATALOGDIR='"$(catalogdir)"'
tools_smartlic_LDADD = lib/libsmartlic.la
