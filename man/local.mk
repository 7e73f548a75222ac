dist_man_MANS += \
	man/smartlic.1 \
	man/smartlic.3 \
	man/smartlic.conf.5
