# For systemd, where --with-systemdsystemunitdir says; made in any case, for its test.
noinst_DATA += packaging/smartlic-manager.service
if SYSTEMD_UNIT
systemdsystemunit_DATA = packaging/smartlic-manager.service
endif
packaging/smartlic-manager.service: packaging/smartlic-manager.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) packaging && \
		sed 's|@sbindir[@]|$(sbindir)|' $(srcdir)/packaging/smartlic-manager.service.in >$@.tmp && mv $@.tmp $@
CLEANFILES += packaging/smartlic-manager.service
EXTRA_DIST += packaging/smartlic-manager.service.in
