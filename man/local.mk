dist_man_MANS += \
	man/smartlic.1 \
	man/smartlic.3 \
	man/smartlic-transport-direct.7 \
	man/smartlic-transport-file.7 \
	man/smartlic-transport-satellite.7 \
	man/smartlic-catalog.5 \
	man/smartlic-messages.7 \
	man/smartlic.conf.5 \
	man/smartlic_count.3 \
	man/smartlic_transport.3
if MANAGER
dist_man_MANS += man/smartlic-manager.8
endif
