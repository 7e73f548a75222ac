dist_catalog_DATA += \
	catalogs/catalog.schema.json \
	catalogs/gateway-subscribers.json \
	catalogs/ncs1004.json \
	catalogs/router-tiers.json
