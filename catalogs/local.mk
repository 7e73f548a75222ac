dist_catalog_DATA += catalogs/ncs1004.json
